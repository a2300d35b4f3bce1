"""Set-points on real servers: what a device refuses is said in words; what it lost in its queue makes a count uncertain."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from asyncua import ua

from device_profiles.plant import Device
from device_profiles.program import SystemClock
from edge.driver import DriverError
from edge.job_download import JobDownload, Machine
from gateway.contract.equipment import EquipmentPath
from gateway.contract.fact import CountFact, JobAnswerFact, Quality
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.state import EquipmentState
from tests.conformance.device_rigs import ModbusRig, OpcUaRig, Rig, running_rig
from tests.conformance.gateway_rig import until
from tests.conformance.line_rigs import LINE_RIGS, RtuRig
from tests.conformance.test_drivers import Reader, reading

UNIT = EquipmentPath("w/a/l/u")


@contextlib.asynccontextmanager
async def running(rig: Rig) -> AsyncIterator[Reader]:
    await rig.show(good=5, running=True)
    async with reading(rig) as reader:
        await until(lambda: reader.value("good") == 5, "the counter")
        await until(lambda: reader.states() == [EquipmentState.RUNNING], "running")
        yield reader


async def order(rig: Rig, reader: Reader, *, target: float, number: str = "WO-1") -> JobAnswerFact:
    """A job order sent to the device as the agent sends it."""
    device = Device(
        id="tiny", profile=rig.profile, endpoint="", agent="a", equipment=UNIT, bindings=()
    )
    machine = Machine(device=device, driver=reader.driver, state=lambda: reader.tracker.state)
    command = JobOrderCommand(
        position=1,
        command_id="c1",
        agent="a",
        equipment=UNIT,
        work_order=number,
        operation=10,
        item="X",
        target_quantity=int(target),
    )
    answer = await JobDownload({"tiny": machine}, SystemClock()).take(command)
    assert answer is not None
    return answer


@pytest.mark.parametrize("kind", ["opcua", "modbus", "modbus-rtu", "modbus-rtu-tcp"])
async def test_a_job_is_written_to_the_device_and_read_back(kind: str, tmp_path: Path) -> None:
    rigs = {"opcua": OpcUaRig, "modbus": ModbusRig, **LINE_RIGS}
    async with running_rig(kind, tmp_path, rigs) as rig, running(rig) as reader:
        answer = await order(rig, reader, target=500)
        assert (answer.accepted, answer.reason) == (True, "")
        await until(lambda: reader.value("target") == 500, "the target on the device")
        if "order" in rig.profile.signals:
            await until(lambda: reader.value("order") == "WO-1", "the order's number on the device")


@pytest.mark.parametrize("kind", ["opcua", "modbus-rtu"])
async def test_a_job_is_refused_in_a_state_that_does_not_allow_it(
    kind: str, tmp_path: Path
) -> None:
    async with (
        running_rig(kind, tmp_path, {"opcua": OpcUaRig, **LINE_RIGS}) as rig,
        running(rig) as reader,
    ):
        await rig.show(good=5, running=False)
        await until(lambda: reader.states()[-1] is EquipmentState.DOWN, "down")
        answer = await order(rig, reader, target=500)
        assert not answer.accepted
        assert answer.reason == "The machine is down. It takes a job when it is running."
        assert reader.value("target") == 0


async def test_a_register_that_refuses_is_named_with_its_reason(tmp_path: Path) -> None:
    async with running_rig("modbus-rtu", tmp_path, LINE_RIGS) as rig, running(rig) as reader:
        assert isinstance(rig, RtuRig)
        rig.units.failing.add(40)
        answer = await order(rig, reader, target=500)
        assert not answer.accepted
        assert "did not take the set-points" in answer.reason
        assert "device failure" in answer.reason


async def test_an_order_number_that_is_too_long_is_refused(tmp_path: Path) -> None:
    async with running_rig("modbus-rtu", tmp_path, LINE_RIGS) as rig, running(rig) as reader:
        answer = await order(rig, reader, target=500, number="WO-2026-000000001")
        assert not answer.accepted
        assert "is longer than 16 characters" in answer.reason
        assert reader.value("target") == 0


async def test_a_register_that_shows_something_else_is_named(tmp_path: Path) -> None:
    async with running_rig("modbus-rtu", tmp_path, LINE_RIGS) as rig, running(rig) as reader:
        assert isinstance(rig, RtuRig)
        rig.units.read_only.add(41)
        answer = await order(rig, reader, target=500)
        assert not answer.accepted
        assert answer.reason == "The machine shows 0 for target, but 500 was written."


async def test_a_node_that_may_not_be_written_is_refused_with_the_servers_word(
    tmp_path: Path,
) -> None:
    async with running_rig("opcua", tmp_path) as rig, running(rig) as reader:
        with pytest.raises(DriverError, match=r"BadNotWritable|BadUserAccessDenied"):
            await reader.driver.write({"good": 3})


async def test_a_value_after_lost_ones_makes_an_uncertain_count(tmp_path: Path) -> None:
    async with running_rig("opcua", tmp_path) as rig, running(rig) as reader:
        assert isinstance(rig, OpcUaRig)
        overflow = ua.StatusCode(ua.UInt32(0x0480))
        value = ua.DataValue(ua.Variant(8, ua.VariantType.UInt32), StatusCode=overflow)
        await rig.write("Good", value)
        await until(lambda: reader.counted() == 3, "the pieces")
    assert reader.latest["good"].lost_before
    counts = [fact for fact in reader.out.facts if isinstance(fact, CountFact)]
    assert counts[-1].quality is Quality.UNCERTAIN
