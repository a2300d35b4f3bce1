"""A job order is written only when the machine allows it, read back, compared, and answered; carried out once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.profile import QualityRules
from edge.decoding import RawValue
from edge.driver import Deliver, DriverError
from edge.job_download import JobDownload, Machine
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.state import EquipmentState

PLANT = load_plant(builtin_plant("kettle-works"))
MOULDER, PACKER = "kettle-works/moulding/M1/IMM1", "kettle-works/packing/P1/PCK1"


class Clock:
    def now(self) -> datetime:
        return datetime(2026, 11, 22, 8, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits {seconds} s here")


@dataclass
class Panel:
    """A machine's set-points as its controller shows them."""

    shows: dict[str, RawValue] = field(default_factory=dict[str, RawValue])
    stuck: dict[str, RawValue] = field(default_factory=dict[str, RawValue])
    writes: int = 0
    broken: str = ""

    async def run(self, deliver: Deliver) -> None:
        raise AssertionError("nobody reads here")

    async def write(self, values: Mapping[str, RawValue]) -> Mapping[str, RawValue]:
        if self.broken:
            raise DriverError(self.broken)
        self.writes += 1
        self.shows = {**values, **self.stuck}
        return self.shows


def command(command_id: str = "c1", equipment: str = MOULDER, target: int = 500) -> JobOrderCommand:
    return JobOrderCommand(
        position=1,
        command_id=command_id,
        agent="edge-moulding",
        equipment=equipment,
        work_order="WO-1",
        operation=10,
        item="KB",
        target_quantity=target,
    )


def download(panel: Panel, state: EquipmentState | None = EquipmentState.IDLE) -> JobDownload:
    machines = {
        name: Machine(device=PLANT.devices[name], driver=panel, state=lambda: state)
        for name in ("imm1", "resin-scale", "pck1")
    }
    return JobDownload(machines, Clock())


async def test_a_job_is_written_and_answered() -> None:
    panel = Panel()
    answer = await download(panel).take(command())
    assert answer is not None
    assert (answer.accepted, answer.reason, answer.command_id) == (True, "", "c1")
    assert answer.signal == "job_order"
    assert panel.shows == {"job_order": "WO-1", "job_target": 500}


async def test_the_same_command_is_written_once_and_answered_again() -> None:
    """A server restored from an older backup has lost the answer, and asks again."""
    panel = Panel()
    jobs = download(panel)
    first = await jobs.take(command())
    assert first is not None
    assert await jobs.take(command()) == first
    assert panel.writes == 1


async def test_a_machine_in_the_wrong_state_refuses_and_says_when_it_would_not() -> None:
    panel = Panel()
    answer = await download(panel, EquipmentState.QUALITY_HOLD).take(command())
    assert answer is not None
    assert not answer.accepted
    assert answer.reason == (
        "The machine is quality_hold. It takes a job when it is idle, running, setup, starved, down."
    )
    assert panel.writes == 0


async def test_a_machine_that_is_not_heard_refuses() -> None:
    answer = await download(Panel(), EquipmentState.UNKNOWN).take(command())
    assert answer is not None
    assert answer.reason.startswith("The machine is not heard.")


async def test_what_reads_back_otherwise_is_refused() -> None:
    answer = await download(Panel(stuck={"job_target": 7})).take(command())
    assert answer is not None
    assert (answer.accepted, answer.reason) == (
        False,
        "The machine shows 7 for job_target, but 500 was written.",
    )


async def test_a_value_that_does_not_fit_the_machine_is_refused() -> None:
    answer = await download(Panel()).take(command(target=2**40))
    assert answer is not None
    assert not answer.accepted
    assert "does not fit" in answer.reason


async def test_a_link_that_fails_is_a_refusal_in_its_words() -> None:
    answer = await download(Panel(broken="The machine is not connected.")).take(command())
    assert answer is not None
    assert (answer.accepted, answer.reason) == (False, "The machine is not connected.")


async def test_a_unit_without_set_points_has_nothing_to_write() -> None:
    answer = await download(Panel()).take(command(equipment=PACKER))
    assert answer is not None
    assert (answer.accepted, answer.reason) == (True, "no set-points on this machine")


async def test_a_command_for_another_agents_unit_is_not_ours() -> None:
    assert await download(Panel()).take(command(equipment="kettle-works/other/X/Y")) is None


async def test_a_set_point_outside_its_valid_range_is_refused_before_anything_is_written() -> None:
    panel = Panel()
    moulder = PLANT.devices["imm1"]
    signals = dict(moulder.profile.signals)
    limits = QualityRules(low=Decimal(1), high=Decimal(300))
    signals["job_target"] = replace(signals["job_target"], quality=limits)
    limited = replace(moulder, profile=replace(moulder.profile, signals=signals))
    machine = Machine(device=limited, driver=panel, state=lambda: EquipmentState.IDLE)
    answer = await JobDownload({"imm1": machine}, Clock()).take(command(target=500))
    assert answer is not None
    assert (answer.accepted, panel.writes) == (False, 0)
    assert answer.reason == "target_quantity 500 is above 300 pcs, the most allowed."
