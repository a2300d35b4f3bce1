"""The soak in short: every kind of fault at least once, several at a time, and every piece and gram is accounted for."""

import random
from pathlib import Path

import pytest

from tests.faults.soak import SoakWishes
from tests.faults.soak_plan import every_fault, rounds
from tests.faults.soak_plant import BrokerKind
from tests.faults.soak_program import run_soak
from tests.faults.soak_table import json_line, table

AT_ONCE = 8
HOSTILE = 2_000


def _once(at_once: int) -> int:
    """Rounds in which every fault comes once."""
    plan = rounds(random.Random(0), at_once=at_once)
    left, number = len(every_fault(random.Random(0))), 0
    while left:
        left -= len(next(plan))
        number += 1
    return number


async def _soak(directory: Path, broker: BrokerKind, seed: str, number: int) -> None:
    said: list[str] = []
    wishes = SoakWishes(
        broker=broker, seed=seed, at_once=AT_ONCE, hostile=HOSTILE, rounds=number, calm_s=0.5
    )
    report = await run_soak(directory / "plant", wishes, said.append)
    shown = "\n".join([*said, *table(report), json_line(report)])
    assert not report.differences, shown
    assert report.account.differences == (), shown
    assert all(line.truth > 0 for line in report.account.machines), shown
    assert report.hostile.sent == HOSTILE, shown
    assert report.hostile.fuzzed > 0, shown


@pytest.mark.journey
@pytest.mark.timeout(600)
async def test_every_kind_of_fault_costs_no_piece(tmp_path: Path) -> None:
    await _soak(tmp_path, "iotcore", "short", _once(AT_ONCE))


@pytest.mark.journey
@pytest.mark.mosquitto
@pytest.mark.timeout(600)
async def test_faults_on_mosquitto_cost_no_piece(tmp_path: Path) -> None:
    await _soak(tmp_path, "mosquitto", "short on mosquitto", 2)


def test_the_same_seed_draws_the_same_faults_and_each_once_before_any_again() -> None:
    number = _once(3)
    one, same, other = (rounds(random.Random(seed), at_once=3) for seed in (7, 7, 8))
    drawn = [next(one) for _ in range(number)]
    assert drawn == [next(same) for _ in range(number)]
    assert drawn != [next(other) for _ in range(number)]
    kinds = [(fault.kind, fault.target) for together in drawn for fault in together]
    assert len(kinds) == len({*kinds}) == len(every_fault(random.Random(7)))
