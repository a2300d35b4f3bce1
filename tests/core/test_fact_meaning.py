"""What facts mean: the order that ran at machine time, the step a total proves, what is kept aside and why."""

from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.types.numeric import NumericBinaryLoader

from gateway.contract.fact import (
    AnyFact,
    Cause,
    CountFact,
    JobAnswerFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.state import EquipmentState
from mes_server.domain.fact_meaning import (
    ASTRAY,
    LOWER,
    TOO_LARGE,
    UNKNOWN,
    BatchMeaning,
    EventRow,
)
from mes_server.domain.unit_sense import (
    EPOCH,
    MILLION,
    Run,
    SignalSense,
    Tally,
    UnitSense,
    micros,
    millionths,
)
from mes_server.storage.binary_values import numeric

T0 = EPOCH + timedelta(days=9_000)
UNIT = "works/a/l1/press"


def signal(
    number: int, name: str, role: str, *, total: tuple[int, int] | None = None, item: int | None = 7
) -> SignalSense:
    """A signal whose total is committed up to (epoch, pieces)."""
    epoch, pieces = total if total is not None else (None, None)
    return SignalSense(
        signal_id=number,
        name=name,
        role=role,
        agent="",
        item_id=item if role == "consumed" else None,
        epoch=epoch,
        total=None if pieces is None else pieces * MILLION,
    )


def press(*signals: SignalSense, runs: tuple[Run, ...] = (), side: bool = True) -> BatchMeaning:
    """A batch about one unit."""
    return BatchMeaning(
        {UNIT: UnitSense(equipment_id=1, has_line_side=side, signals=signals, runs=runs)}
    )


def run(start_s: int, end_s: int | None, operation: int | None) -> Run:
    """An order runs from so many seconds after T0 on."""
    end = None if end_s is None else micros(T0 + timedelta(seconds=end_s))
    return Run(started=micros(T0 + timedelta(seconds=start_s)), ended=end, operation_id=operation)


def count(
    total: int,
    delta: int,
    *,
    name: str = "good",
    second: int = 1,
    epoch: int = 1,
    cause: Cause = Cause.STEP,
    quality: Quality = Quality.GOOD,
) -> CountFact:
    """So many pieces more."""
    at = T0 + timedelta(seconds=second)
    return CountFact(
        equipment=UNIT, signal=name, at=at, arrived=at, epoch=epoch, total=total, delta=delta, raw=0,
        cause=cause, quality=quality,
    )  # fmt: skip


def weigh(total: str, delta: str) -> WeightFact:
    """So much left the scale."""
    return WeightFact(
        equipment=UNIT, signal="resin", at=T0, arrived=T0, epoch=1, total=Decimal(total), delta=Decimal(delta),
        unit="kg", cause=Cause.STEP,
    )  # fmt: skip


def read(
    meaning: BatchMeaning,
    *facts: AnyFact,
    agent: str = "edge",
    verdicts: dict[int, str] | None = None,
) -> list[EventRow]:
    """The facts as one source's next ones."""
    return meaning.read(facts, agent=agent, source_id=3, first_seq=1, verdicts=verdicts or {})


def steps(rows: list[EventRow]) -> list[int]:
    """What was booked of each, in pieces."""
    return [(row[12] or 0) // MILLION for row in rows]


def qualities(rows: list[EventRow]) -> str:
    """Their qualities."""
    return b"".join(row[3] for row in rows).decode()


@pytest.mark.parametrize(
    ("committed", "facts", "booked", "quality"),
    [
        (None, [count(5, 5), count(8, 3)], [5, 3], "gg"),
        ((1, 10), [count(12, 2), count(13, 1)], [2, 1], "gg"),
        ((1, 10), [count(15, 2)], [5], "u"),
        ((1, 10), [count(9, 1), count(11, 2)], [0, 1], "qu"),
        ((1, 10), [count(4, 4, epoch=2), count(6, 2, epoch=2)], [4, 2], "gg"),
        ((1, 10), [count(9, 4, epoch=2)], [9], "u"),
        ((1, 10), [count(900, 0, epoch=2, cause=Cause.BASELINE)], [0], "g"),
        ((2, 10), [count(99, 3, epoch=1)], [3], "g"),
        ((1, 10), [count(10, 0)], [0], "g"),
    ],
    ids=[
        "first sight",
        "goes on",
        "a gap is booked",
        "lower is kept aside",
        "an epoch begins at zero",
        "an epoch that began unseen",
        "a baseline adds nothing",
        "of an earlier epoch",
        "nothing new",
    ],
)
def test_a_total_proves_its_step(
    committed: tuple[int, int] | None, facts: list[AnyFact], booked: list[int], quality: str
) -> None:
    rows = read(press(signal(1, "good", "good", total=committed)), *facts)
    assert (steps(rows), qualities(rows)) == (booked, quality)


def test_a_gap_is_booked_and_said() -> None:
    meaning = press(signal(1, "good", "good", total=(1, 10)))
    read(meaning, count(15, 2))
    assert [(gap.told // MILLION, gap.booked // MILLION) for gap in meaning.gaps] == [(2, 5)]


def test_machine_time_decides_the_order() -> None:
    runs = (run(0, 60, 11), run(120, 180, None), run(180, None, 12))
    meaning = press(signal(1, "good", "good"), runs=runs)
    when = [-1, 0, 59, 60, 119, 120, 179, 180, 9_999, 30]
    rows = read(meaning, *[count(n + 1, 1, second=second) for n, second in enumerate(when)])
    assert [row[6] for row in rows] == [None, 11, 11, None, None, None, None, 12, 12, 11]


def test_a_minute_that_two_orders_share_is_told_apart() -> None:
    meaning = press(signal(1, "good", "good"), runs=(run(0, 30, 11), run(30, None, 12)))
    read(meaning, count(1, 1, second=29), count(3, 2, second=30), count(6, 3, second=61))
    assert {
        key[1:2] + key[3:4]: tally.good // MILLION for key, tally in meaning.tallies.items()
    } == {
        (11, micros(T0) // 60_000_000): 1,
        (12, micros(T0) // 60_000_000): 2,
        (12, micros(T0) // 60_000_000 + 1): 3,
    }


@pytest.mark.parametrize(("counter", "good", "scrap"), [("good", 5, 2), ("produced", 3, 2)])
def test_rejects_leave_what_was_counted_with_them(counter: str, good: int, scrap: int) -> None:
    meaning = press(signal(1, "all", counter), signal(2, "bad", "scrap"))
    read(meaning, count(5, 5, name="all"), count(2, 2, name="bad"))
    assert sum(tally.good for tally in meaning.tallies.values()) == good * MILLION
    assert sum(tally.scrap for tally in meaning.tallies.values()) == scrap * MILLION


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (count(9, 1), LOWER),
        (count(11, 1, name="unheard"), UNKNOWN),
        (weigh("1", "1"), ASTRAY),
        (weigh("1e13", "1"), TOO_LARGE),
        (weigh("NaN", "1"), TOO_LARGE),
        (count(11, 0, quality=Quality.QUARANTINED, cause=Cause.SUSPECT), "suspect"),
    ],
)
def test_what_is_not_booked_says_why(fact: AnyFact, reason: str) -> None:
    meaning = press(
        signal(1, "good", "good", total=(1, 10)), signal(2, "resin", "consumed", item=None)
    )
    rows = read(meaning, fact)
    assert qualities(rows) == "q"
    assert steps(rows) == [0]
    assert [row.reason for row in meaning.quarantined] == [reason]
    assert meaning.tallies == {}


def test_the_gateways_verdict_counts_and_the_total_goes_on() -> None:
    meaning = press(signal(1, "good", "good", total=(1, 10)))
    rows = read(meaning, count(500, 490), count(501, 1), verdicts={1: "faster than the machine"})
    assert (steps(rows), qualities(rows)) == ([0, 1], "qg")
    assert meaning.quarantined[0].reason == "faster than the machine"


def test_another_agents_signal_is_nobodys() -> None:
    meaning = BatchMeaning(
        {
            UNIT: UnitSense(
                equipment_id=1,
                has_line_side=True,
                runs=(),
                signals=[
                    SignalSense(
                        signal_id=1, name="good", role="good", agent="other", item_id=None, epoch=None, total=None
                    )
                ],
            )
        }
    )  # fmt: skip
    [row] = read(meaning, count(1, 1))
    assert (row[3], row[4], row[5]) == (b"q", 1, None)


def test_the_later_word_about_one_instant_wins() -> None:
    meaning = press(signal(1, "state", "state"))
    words = [
        StateFact(equipment=UNIT, signal="state", at=T0, arrived=T0, state=state)
        for state in (EquipmentState.DOWN, EquipmentState.RUNNING)
    ]
    read(meaning, *words)
    assert meaning.states == {(1, micros(T0)): ("running", "")}


def test_a_job_order_is_answered_by_its_id_alone() -> None:
    meaning = press()
    key = UUID(int=5)
    for given_id in (str(key), "not an id"):
        fact = JobAnswerFact(
            equipment=UNIT, signal="job", at=T0, arrived=T0, command_id=given_id, accepted=True
        )
        assert qualities(read(meaning, fact)) == "g"
    assert [answer.command_id for answer in meaning.answers] == [key]


def test_weighings_add_up_by_item() -> None:
    meaning = press(signal(2, "resin", "consumed"))
    read(meaning, weigh("0.5", "0.5"), weigh("0.7500004", "0.2500004"))
    [(key, tally)] = meaning.tallies.items()
    assert key[2] == 7
    assert tally == Tally(used=750_000, last_at=micros(T0))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**11), max_value=10**11))
def test_amounts_round_once_half_away_from_zero_as_the_database_does(amount: Decimal) -> None:
    whole = millionths(amount)
    assert whole is not None
    assert abs(Decimal(whole) / MILLION - amount) <= Decimal("0.0000005")


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_a_packed_numeric_is_the_number(amount: int) -> None:
    packed = numeric(amount)
    loaded = NumericBinaryLoader(1700, Transformer()).load(packed[4:])
    assert int.from_bytes(packed[:4]) == len(packed) - 4
    assert loaded == Decimal(amount).scaleb(-6)
