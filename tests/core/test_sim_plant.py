"""The simulated demo plant as a whole: truth, registers, resets, memory, and what the profiles make of it."""

from collections import Counter as Tally

import pytest

from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.profile import DataType, ModbusTable, WordOrder
from gateway.contract.state import PACKML_STATES, EquipmentState
from simulators.bodies import state_word
from simulators.plant import QUIET_S, NotPossible, PlantPhysics
from simulators.plant_memory import recall, remember
from simulators.register_image import RegisterImage, as_integer, to_words
from simulators.scenario import ScenarioFault, read_scenario
from simulators.settings import scenario_file

TICK_S = 0.02
CLEAR = {"asm1": True}
PLANT = load_plant(builtin_plant("kettle-works"))
SCORE = read_scenario(scenario_file("kettle-works-score").read_text())


def plant(*, seed: str = "1", held: bool = False) -> PlantPhysics:
    return PlantPhysics(PLANT, SCORE, seed=seed, held=held)


def run(subject: PlantPhysics, seconds: float) -> Tally[tuple[str, str]]:
    """Pieces made, by (device, signal)."""
    made: Tally[tuple[str, str]] = Tally()
    for _ in range(round(seconds / TICK_S)):
        for change in subject.step(TICK_S, reset_allowed=CLEAR).counts:
            made[change.device, change.signal] += change.raw != 0
    return made


def drain(subject: PlantPhysics) -> None:
    for device in subject.machines:
        subject.hold(device)
    for _ in range(1_000):
        if subject.settled:
            return
        run(subject, TICK_S)
    pytest.fail("the plant does not come to rest")


@pytest.mark.parametrize("name", ["kettle-works", "kettle-works-score"])
def test_every_device_of_the_plant_has_a_part_in_the_scenario(name: str) -> None:
    scenario = read_scenario(scenario_file(name).read_text())
    assert PLANT.devices.keys() == scenario.machines.keys() | scenario.scales.keys()


def test_a_held_plant_makes_nothing_until_it_is_released() -> None:
    subject = plant(held=True)
    assert not run(subject, 10)
    for device in subject.machines:
        subject.release(device)
    assert run(subject, 10)


def test_after_a_drain_the_registers_agree_with_the_truth() -> None:
    subject = plant(seed="7")
    run(subject, 60)
    drain(subject)
    moulder, scale = subject.machines["imm1"], subject.scales["resin-scale"]
    made = sum(counter.total for counter in moulder.counters.values())
    assert scale.scale.shots == made > 30
    assert abs(scale.change().device_kg - scale.change().true_kg) <= 0.0005 * made
    assembly = subject.machines["asm1"].counters["produced"]
    assert assembly.raw == (65_524 + assembly.total) % 65_536


def test_the_assembly_counter_wraps_early_in_the_score_run() -> None:
    subject = plant()
    run(subject, 30)
    assert subject.machines["asm1"].counters["produced"].raw < 1_000


def test_a_reset_holds_the_machine_still_before_and_after() -> None:
    subject = plant()
    run(subject, 30)
    subject.reset("asm1", "produced")
    counter = subject.machines["asm1"].counters["produced"]
    still_s, total = 0.0, counter.total
    while counter.raw:
        run(subject, TICK_S)
        still_s = still_s + TICK_S if counter.total == total else 0.0
        total = counter.total
    assert still_s >= QUIET_S - 2 * TICK_S
    run(subject, QUIET_S - 2 * TICK_S)
    assert counter.raw == 0
    run(subject, 5)
    assert counter.raw == counter.total - total > 0


def test_a_plant_that_is_drained_during_a_reset_stays_at_rest() -> None:
    subject = plant()
    run(subject, 30)
    subject.reset("asm1", "produced")
    drain(subject)
    assert not run(subject, 5)


def test_a_counter_near_its_top_is_not_reset() -> None:
    with pytest.raises(NotPossible, match="wrap"):
        plant().reset("asm1", "produced")


def test_a_simulator_that_starts_again_shows_what_it_showed() -> None:
    before = plant()
    run(before, 40)
    drain(before)
    after = plant(seed="1/2")
    recall(after, remember(before))
    assert not after.running
    for device in ("asm1", "imm1", "pck1"):
        assert after.machines[device].counters == before.machines[device].counters
    shown, expected = after.values()["resin-scale"], before.values()["resin-scale"]
    assert (shown["dosed"], after.buffers) == (expected["dosed"], before.buffers)


def test_speed_makes_machines_faster_and_leaves_scales_their_time() -> None:
    text = scenario_file("kettle-works").read_text()
    slow, fast = read_scenario(text), read_scenario(text, speed=4)
    assert fast.machines["imm1"].spec.cycle_s == slow.machines["imm1"].spec.cycle_s / 4
    assert fast.scales == slow.scales


def test_a_scenario_with_a_wrong_word_says_which() -> None:
    text = scenario_file("kettle-works").read_text().replace("cycle_s: 2.0", "cylce_s: 2.0")
    with pytest.raises(ScenarioFault, match="cylce_s"):
        read_scenario(text)
    with pytest.raises(ScenarioFault, match="bodies"):
        read_scenario(
            scenario_file("kettle-works").read_text().replace("  bodies: {", "  other: {")
        )


def test_a_32_bit_value_lies_in_its_registers_as_the_profile_orders_its_bytes() -> None:
    value = 0x0A0B0C0D
    expected = {
        WordOrder.ABCD: [0x0A0B, 0x0C0D],
        WordOrder.CDAB: [0x0C0D, 0x0A0B],
        WordOrder.BADC: [0x0B0A, 0x0D0C],
        WordOrder.DCBA: [0x0D0C, 0x0B0A],
    }
    for order, words in expected.items():
        assert to_words(value, DataType.U32, order) == words


def test_an_int32_counter_turns_negative_past_its_top() -> None:
    assert as_integer(2_147_483_648, DataType.I32) == -2_147_483_648
    assert as_integer(65_536, DataType.U16) == 0


def test_the_scales_registers_lie_where_its_profile_says() -> None:
    image = RegisterImage(PLANT.devices["resin-scale"].profile.signals.values())
    for name, value in {"net": -5, "gross": 70_000, "moving": True, "alarm": True}.items():
        image.put(name, value)
    assert image.tables[ModbusTable.HOLDING][:5] == [0xFFFF, 0xFFFB, 1, 4464, 0b10010]
    image.put("moving", False)
    assert image.tables[ModbusTable.HOLDING][4] == 0b00010


def test_each_state_has_a_word_in_every_profile_and_it_means_that_state_where_possible() -> None:
    packml = {str(number): state for number, (_, state) in PACKML_STATES.items()}
    assert state_word(packml, EquipmentState.RUNNING) == "6"
    assert state_word(packml, EquipmentState.DOWN) == "11"
    assert state_word(packml, EquipmentState.BLOCKED) == "5"
    on_off = {"1": EquipmentState.RUNNING, "0": EquipmentState.DOWN}
    assert state_word(on_off, EquipmentState.STARVED) == "0"
