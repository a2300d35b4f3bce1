"""Physics of the simulated machines: cycles, stops, starvation, hold, change-over, counters."""

import random

from hypothesis import given
from hypothesis import strategies as st

from device_profiles.profile import Counter, CounterKind
from gateway.contract.state import EquipmentState
from simulators.counter import DeviceCounter, reset_fault
from simulators.machine import Buffer, Machine, MachineSpec, PieceMade, ShotDosed, StopSpec

TICK_S = 0.02
ADAM = Counter(kind=CounterKind.CUMULATIVE, modulus=65_536, rate_max_per_s=20, burst=10, jitter=2)


def run(
    machine: Machine, seconds: float, buffers: dict[str, Buffer] | None = None
) -> tuple[list[PieceMade], list[ShotDosed], list[EquipmentState]]:
    pieces: list[PieceMade] = []
    shots: list[ShotDosed] = []
    states: list[EquipmentState] = []
    for _ in range(round(seconds / TICK_S)):
        for event in machine.step(TICK_S, buffers=buffers or {}):
            (pieces if isinstance(event, PieceMade) else shots).append(event)  # pyright: ignore[reportArgumentType]
        states.append(machine.state)
    return pieces, shots, states


def machine(spec: MachineSpec, seed: int = 1, *, held: bool = False) -> Machine:
    return Machine(spec, rng=random.Random(seed), held=held)


def test_a_machine_keeps_its_cycle_time() -> None:
    pieces, _, _ = run(machine(MachineSpec(cycle_s=0.5, cycle_spread=0.0)), 100)
    assert 198 <= len(pieces) <= 200


def test_the_same_seed_makes_the_same_shift() -> None:
    spec = MachineSpec(
        cycle_s=0.5,
        scrap_share=0.1,
        stops=(StopSpec(state=EquipmentState.DOWN, every_s=10, lasts_s=(1, 3)),),
        shots={"scale": (0.45, 0.003)},
    )
    assert run(machine(spec, 5), 60) == run(machine(spec, 5), 60)
    assert run(machine(spec, 5), 60) != run(machine(spec, 6), 60)


def test_scrap_comes_at_its_share() -> None:
    pieces, _, _ = run(machine(MachineSpec(cycle_s=0.1, scrap_share=0.2)), 200)
    share = sum(not piece.good for piece in pieces) / len(pieces)
    assert 0.15 < share < 0.25


def test_no_piece_is_made_while_the_machine_is_stopped() -> None:
    stop = StopSpec(state=EquipmentState.DOWN, every_s=5, lasts_s=(2, 2))
    subject = machine(MachineSpec(cycle_s=0.1, stops=(stop,)))
    for _ in range(2000):
        events = subject.step(TICK_S, buffers={})
        assert subject.state is EquipmentState.RUNNING or not events


def test_a_machine_without_input_is_starved_and_makes_nothing() -> None:
    buffers = {"bodies": Buffer(level=3, capacity=10)}
    pieces, _, states = run(machine(MachineSpec(cycle_s=0.1, takes="bodies")), 5, buffers)
    assert len(pieces) == 3
    assert states[-1] is EquipmentState.STARVED
    assert buffers["bodies"].level == 0


def test_a_machine_with_a_full_output_is_blocked() -> None:
    buffers = {"bodies": Buffer(level=8, capacity=10)}
    pieces, _, states = run(machine(MachineSpec(cycle_s=0.1, gives="bodies")), 5, buffers)
    assert len(pieces) == 2
    assert states[-1] is EquipmentState.BLOCKED


def test_scrap_takes_material_and_input_but_gives_nothing_on() -> None:
    buffers = {"in": Buffer(level=50, capacity=50), "out": Buffer(level=0, capacity=500)}
    spec = MachineSpec(cycle_s=0.1, scrap_share=1.0, takes="in", gives="out")
    pieces, _, _ = run(machine(spec), 20, buffers)
    assert len(pieces) == 50
    assert buffers["out"].level == 0


def test_a_held_machine_finishes_its_cycle_and_then_makes_nothing() -> None:
    subject = machine(MachineSpec(cycle_s=1.0, cycle_spread=0.0))
    run(subject, 0.5)
    subject.hold()
    assert not subject.at_rest
    pieces, shots, states = run(subject, 10)
    assert (len(pieces), len(shots)) == (1, 0)
    assert subject.at_rest
    assert states[-1] is EquipmentState.IDLE


def test_every_shot_that_was_dosed_becomes_a_piece_before_the_machine_rests() -> None:
    subject = machine(MachineSpec(cycle_s=0.3, shots={"resin": (0.45, 0.0)}))
    before, first_shots, _ = run(subject, 7.1)
    subject.hold()
    after, last_shots, _ = run(subject, 5)
    assert len(before) + len(after) == len(first_shots) + len(last_shots)


def test_another_job_order_means_a_change_over_and_the_same_one_does_not() -> None:
    subject = machine(MachineSpec(cycle_s=0.1, changeover_s=2.0))
    subject.take_job("WO-1")
    pieces, _, states = run(subject, 1.9)
    assert (pieces, set(states)) == ([], {EquipmentState.SETUP})
    subject.take_job("WO-1")
    assert run(subject, 5)[0]


@given(st.integers(2, 70_000), st.integers(0, 10**6), st.lists(st.integers(0, 50), max_size=50))
def test_a_counter_wraps_and_its_truth_does_not(modulus: int, start: int, steps: list[int]) -> None:
    counter = DeviceCounter(modulus=modulus, raw=start % modulus)
    for step in steps:
        counter.add(step)
    assert counter.total == sum(steps)
    assert counter.raw == (start + sum(steps)) % modulus


def test_a_reset_is_refused_where_it_would_look_like_a_stale_read_or_a_wrap() -> None:
    assert "stale" in (reset_fault(2, ADAM, modulus=65_536, unheard_s=60) or "")
    assert "wrap" in (reset_fault(65_500, ADAM, modulus=65_536, unheard_s=60) or "")
    assert reset_fault(1_000, ADAM, modulus=65_536, unheard_s=60) is None
