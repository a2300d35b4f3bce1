"""The score's own arithmetic: it must find each kind of error, or its zeros mean nothing."""

from dataclasses import replace
from decimal import Decimal

import pytest

from simulators.all_in_one.audit import BookedPieces, Books, Loop, Posting
from simulators.all_in_one.verdict import expected_calls, judge, percentile
from simulators.truth import TrueCount, TrueDose

UNIT, WEIGHING = "site/a/l/ASM", "site/a/l/IMM"
COUNTS = [
    TrueCount(equipment=UNIT, signal="produced", role="produced", total=100),
    TrueCount(equipment=UNIT, signal="scrap", role="scrap", total=3),
]
DOSES = [
    TrueDose(
        equipment=WEIGHING,
        signal="resin",
        item="PP",
        shots=10,
        true_kg=4.5031,
        device_kg=4.503,
    )
]
LOOP = Loop(item=1, location=10, source=20, reorder_point=Decimal(40), order_quantity=Decimal(80))
EXACT = Books(
    pieces={
        UNIT: BookedPieces(good=97, scrap=3, no_order=5),
        WEIGHING: BookedPieces(good=0, scrap=0, no_order=0),
    },
    pieces_by_hour={UNIT: (97, 3)},
    weighed={"PP": Decimal("4.503")},
    backflush=[],
    stored=500,
    duplicates=0,
    lost=0,
    step_mismatches=[],
    quarantined=[],
    ledger_imbalance=Decimal(0),
    balance_mismatches=0,
    loops=[],
    postings=[],
    raised=0,
    open_twice=0,
    marks={},
)


def differences(books: Books) -> str:
    return "\n".join(judge(books, COUNTS, DOSES, sent=500).differences)


def test_exact_books_are_exact() -> None:
    score = judge(EXACT, COUNTS, DOSES, sent=500)
    assert score.differences == ()
    assert (score.pieces_true, score.pieces_booked) == (100, 100)
    assert (score.kg_true, score.kg_booked) == (4.5031, 4.503)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(EXACT, pieces={UNIT: BookedPieces(good=96, scrap=3, no_order=0)}), "96 good"),
        (replace(EXACT, pieces={UNIT: BookedPieces(good=98, scrap=2, no_order=0)}), "2 scrap"),
        (replace(EXACT, pieces={}), "not in the books"),
        (replace(EXACT, pieces_by_hour={UNIT: (96, 4)}), "hours"),
        (replace(EXACT, weighed={"PP": Decimal("4.504")}), "PP"),
        (replace(EXACT, weighed={}), "PP"),
        (replace(EXACT, stored=499), "facts stored: 499"),
        (replace(EXACT, duplicates=1), "duplicates: 1"),
        (replace(EXACT, lost=1), "lost facts: 1"),
        (replace(EXACT, quarantined=["x"]), "quarantined"),
        (replace(EXACT, step_mismatches=["x"]), "steps"),
        (replace(EXACT, backflush=["x"]), "backflush"),
        (replace(EXACT, ledger_imbalance=Decimal("0.000001")), "imbalance"),
        (replace(EXACT, balance_mismatches=1), "balance mismatches"),
        (replace(EXACT, raised=1), "replenishments raised: 1"),
        (replace(EXACT, open_twice=1), "two open calls"),
    ],
)
def test_each_kind_of_error_is_found(wrong: Books, said: str) -> None:
    assert said in differences(wrong)


def test_a_scale_whose_register_is_true_within_half_a_division_a_shot_passes() -> None:
    drifted = [replace(DOSES[0], true_kg=4.503 + 0.0099)]
    assert judge(EXACT, COUNTS, drifted, sent=500).differences == ()
    beyond = [replace(DOSES[0], true_kg=4.503 + 0.0101)]
    assert judge(EXACT, COUNTS, beyond, sent=500).differences != ()


def used(batch: str, quantity: int) -> Posting:
    return Posting(
        batch=batch, kind="backflush", item=1, source=10, target=99, quantity=Decimal(quantity)
    )


def brought(batch: str, quantity: int, *, source: int = 20, kind: str = "transfer") -> Posting:
    return Posting(
        batch=batch, kind=kind, item=1, source=source, target=10, quantity=Decimal(quantity)
    )


def test_stock_at_its_reorder_point_calls_once_until_it_is_delivered() -> None:
    receipt = brought("c1", 60, source=90, kind="receive")
    postings = [receipt, used("i1", 19)]
    assert expected_calls([LOOP], postings) == 0
    postings += [used("i2", 1), used("i3", 10)]
    assert expected_calls([LOOP], postings) == 1
    postings += [brought("c2", 80), used("i4", 69)]
    assert expected_calls([LOOP], postings) == 1
    assert expected_calls([LOOP], [*postings, used("i5", 1)]) == 2


def test_a_delivery_that_leaves_stock_under_the_point_calls_again() -> None:
    postings = [brought("c1", 50, source=90, kind="receive"), used("i1", 45), brought("c2", 10)]
    assert expected_calls([LOOP], postings) == 2


def test_rows_of_one_transaction_count_together() -> None:
    first = brought("c1", 50, source=90, kind="receive")
    assert (
        expected_calls(
            [LOOP], [first, used("i1", 20), brought("i1", 30, source=98, kind="produce")]
        )
        == 0
    )


def test_percentiles_are_values_that_occurred() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50.0, 99.0)
    assert percentile([], 0.5) is None
    assert percentile([7.0], 0.99) == 7.0
