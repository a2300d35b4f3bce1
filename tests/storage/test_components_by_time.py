"""What an operation uses is a matter of machine time: late facts find the components that were used then."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.storage.kettle_works import LEADER, MOULDER, PLANNER, KettleWorks
from tests.storage.routed_orders import put_master_data
from tests.storage.test_bill_revisions import RECYCLED, SWITCH, components

BACK = {"component": "PP-RECYCLED", "substitute": "PP-RESIN", "reason": "silo full"}


def bill(revision: str, quantity: str, *, measured: bool = False) -> dict[str, Any]:
    substitutes = [{"item": "PP-RECYCLED", "ratio": "1.2"}]
    part = {"item": "PP-RESIN", "quantity": quantity, "measured": measured}
    return {
        "item": "BODY",
        "revision": revision,
        "components": [part | {"substitutes": substitutes}],
    }


async def ready(works: KettleWorks, *, measured: bool) -> None:
    """Resin and its substitute lie at the line, and the order runs."""
    await put_master_data(
        works, items=RECYCLED["items"], bills=[bill("A", "0.25", measured=measured)]
    )
    await works.receive("PP-RESIN", "R1", "1000", "M1-LS")
    await works.receive("PP-RECYCLED", "P1", "1000", "M1-LS")
    await works.run_order("WO-1")


async def counted(works: KettleWorks, pieces: int, at: datetime) -> None:
    """A count that may come late."""
    await works.send(works.moulding, works.moulding.count(MOULDER, "good", pieces, at=at))


async def weighed(works: KettleWorks, kilograms: str, at: datetime) -> None:
    """A weighing that may come late."""
    await works.send(works.moulding, works.moulding.weigh(MOULDER, "resin", kilograms, at=at))


async def refreeze(works: KettleWorks, document: dict[str, Any]) -> None:
    await put_master_data(works, bills=[document])
    body = {"reason": f"revision {document['revision']}"}
    await works.do("work-orders/WO-1/refreeze", body, by=PLANNER)


async def issued(works: KettleWorks) -> dict[str, Decimal]:
    """What was issued of each component, which is what is missing at the line side too."""
    used = await components(works)
    for item, row in used.items():
        taken = 1000 - await works.on_hand(item, "M1-LS")
        assert taken == Decimal(row["issued"]), item
    await works.check_ledger()
    return {item: Decimal(row["issued"]) for item, row in used.items()}


async def test_a_scale_books_the_substitute_from_the_moment_it_is_used_and_the_old_item_before(
    works: KettleWorks,
) -> None:
    await ready(works, measured=True)
    works.pass_time(minutes=10)
    before = works.clock.at - timedelta(minutes=5)
    await weighed(works, "2", before)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    works.pass_time(minutes=10)
    await weighed(works, "3", works.clock.at)
    assert await issued(works) == {"PP-RESIN": 2, "PP-RECYCLED": 3}
    await weighed(works, "0.5", before)  # late: it was still resin
    assert await issued(works) == {"PP-RESIN": Decimal("2.5"), "PP-RECYCLED": 3}
    await works.do("work-orders/WO-1/substitute", BACK, by=LEADER)
    works.pass_time(minutes=10)
    await weighed(works, "7", works.clock.at)
    await weighed(works, "1", works.clock.at - timedelta(minutes=15))  # late: it was recycled
    assert await issued(works) == {"PP-RESIN": Decimal("9.5"), "PP-RECYCLED": 4}
    again = works.moulding.next_seq
    works.moulding.next_seq -= 1
    await works.send(
        works.moulding, works.moulding.weigh(MOULDER, "resin", "1", at=works.clock.at)
    )  # known already: it changes nothing
    assert works.moulding.next_seq == again
    assert await issued(works) == {"PP-RESIN": Decimal("9.5"), "PP-RECYCLED": 4}


async def test_a_scale_goes_on_with_the_substitute_when_the_order_pauses_and_resumes(
    works: KettleWorks,
) -> None:
    await ready(works, measured=True)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/pause", by=LEADER)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/resume", by=LEADER)
    works.pass_time(minutes=1)
    await weighed(works, "3", works.clock.at)
    assert (await issued(works))["PP-RECYCLED"] == 3


async def test_what_is_replaced_before_an_operation_begins_is_replaced_from_its_beginning(
    works: KettleWorks,
) -> None:
    await put_master_data(works, items=RECYCLED["items"], bills=[bill("A", "0.25", measured=True)])
    await works.receive("PP-RESIN", "R1", "1000", "M1-LS")
    await works.receive("PP-RECYCLED", "P1", "1000", "M1-LS")
    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    works.pass_time(minutes=10)
    began = works.clock.at - timedelta(minutes=5)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    await works.do("work-orders/WO-1/start", {"at": began.isoformat()}, by=LEADER)
    await weighed(works, "2", began + timedelta(minutes=1))
    await counted(works, 4, began + timedelta(minutes=1))
    assert await issued(works) == {"PP-RESIN": 0, "PP-RECYCLED": 2}
    used = (await components(works))["PP-RECYCLED"]
    assert Decimal(used["standard"]) == Decimal("1.2")


async def test_a_weighed_component_is_replaced_only_by_one_that_the_scale_can_weigh(
    works: KettleWorks,
) -> None:
    await ready(works, measured=True)
    body = SWITCH | {"substitute": "CORD", "ratio": "2"}
    problem = await works.refused("work-orders/WO-1/substitute", body, by="QA-1", language="zh")
    assert (problem["type"], "PP-RESIN" in problem["title"]) == ("weighed-in-another-unit", True)


async def test_what_was_measured_stays_actual_when_later_pieces_are_not_measured(
    works: KettleWorks,
) -> None:
    await ready(works, measured=True)
    works.pass_time(minutes=10)
    then = works.clock.at - timedelta(minutes=5)
    await counted(works, 40, then)
    await weighed(works, "7", then)  # standard were 10
    await refreeze(works, bill("B", "0.25"))
    works.pass_time(minutes=1)
    await counted(works, 8, works.clock.at)
    assert await issued(works) == {"PP-RESIN": 9}  # 7 as weighed, 2 by standard
    await counted(works, 4, then)  # late, of the measured time: nobody books standard for them
    await weighed(works, "1.5", then)
    assert await issued(works) == {"PP-RESIN": Decimal("10.5")}
    await counted(works, 4, works.clock.at)
    assert await issued(works) == {"PP-RESIN": Decimal("11.5")}
    [row] = (await works.get("reports/consumption-variance", order="WO-1"))["rows"]
    assert [Decimal(row[part]) for part in ("standard", "actual", "variance")] == [
        14,
        Decimal("11.5"),
        Decimal("-2.5"),
    ]


async def test_standard_that_was_booked_stays_booked_when_later_pieces_are_measured(
    works: KettleWorks,
) -> None:
    await ready(works, measured=False)
    works.pass_time(minutes=10)
    then = works.clock.at - timedelta(minutes=5)
    await counted(works, 40, then)
    await refreeze(works, bill("B", "0.25", measured=True))
    works.pass_time(minutes=1)
    await counted(works, 8, works.clock.at)
    await weighed(works, "1", works.clock.at)  # standard were 2
    assert await issued(works) == {"PP-RESIN": 11}
    await counted(works, 4, then)  # late, of the time that nobody measured: standard
    assert await issued(works) == {"PP-RESIN": 12}
    await refreeze(works, bill("C", "0.25"))
    works.pass_time(minutes=1)
    await counted(works, 4, works.clock.at)
    assert await issued(works) == {"PP-RESIN": 13}


async def test_late_pieces_are_consumed_by_the_statement_of_their_time(works: KettleWorks) -> None:
    await ready(works, measured=False)
    works.pass_time(minutes=10)
    first = works.clock.at - timedelta(minutes=5)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)  # 0.3 recycled
    works.pass_time(minutes=10)
    second = works.clock.at - timedelta(minutes=5)
    await refreeze(works, bill("B", "0.5"))
    works.pass_time(minutes=10)
    await counted(works, 10, works.clock.at)
    await counted(works, 10, second)
    await counted(works, 10, first)
    assert await issued(works) == {"PP-RESIN": Decimal("7.5"), "PP-RECYCLED": 3}
    used = await components(works)
    assert [Decimal(used["PP-RESIN"][part]) for part in ("produced_from", "standard")] == [
        20,
        Decimal("7.5"),
    ]
    why = await works.get("why/consumption/WO-1", item="PP-RESIN")
    assert Decimal(why["value"]) == Decimal(why["explained"]) == 0


async def test_counts_that_a_leader_gives_to_an_order_are_consumed_by_what_it_used_then(
    works: KettleWorks,
) -> None:
    await put_master_data(works, items=RECYCLED["items"], bills=[bill("A", "0.25")])
    await works.receive("PP-RESIN", "R1", "1000", "M1-LS")
    await works.receive("PP-RECYCLED", "P1", "1000", "M1-LS")
    await works.run_order("WO-1")
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/pause", by=LEADER)
    await works.count(20)
    since = works.clock.at - timedelta(seconds=10)
    works.pass_time(seconds=10)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    await works.count(10)
    works.pass_time(seconds=10)
    body = {"since": since.isoformat(), "until": works.clock.at.isoformat(), "reason": "set-up"}
    await works.do("work-orders/WO-1/attribute", body, by=LEADER)
    assert await issued(works) == {"PP-RESIN": 5, "PP-RECYCLED": 3}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["count", "count", "weigh", "switch", "measure", "bill"]),
        st.integers(1, 40),
        st.booleans(),  # the fact comes late, after all changes
    ),
    min_size=3,
    max_size=7,
)


EVERY_CHANGE = [
    ("measure", 1, False),
    ("count", 20, True),
    ("weigh", 30, True),
    ("switch", 1, False),
    ("weigh", 7, True),
    ("bill", 15, False),
    ("count", 11, True),
    ("measure", 1, False),
    ("count", 9, False),
]
THE_SAME_AGAIN = [
    ("count", 25, False),
    ("count", 39, True),
    ("count", 11, False),
    ("measure", 1, False),
    ("measure", 1, False),
    ("measure", 1, False),
    ("bill", 15, False),
]


async def give(works: KettleWorks) -> None:
    """A leader gives the order what its unit did without one."""
    since = works.clock.at - timedelta(hours=2)
    window = {"since": since.isoformat(), "until": works.clock.at.isoformat(), "reason": "paused"}
    await works.do("work-orders/WO-1/attribute", window, by=LEADER)


async def test_weighings_given_to_an_order_are_of_what_it_used_at_their_time(
    works: KettleWorks,
) -> None:
    await ready(works, measured=True)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/pause", by=LEADER)
    works.pass_time(minutes=1)
    await weighed(works, "2", works.clock.at)  # without an order all of it is resin
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    works.pass_time(minutes=1)
    await weighed(works, "3", works.clock.at)
    await counted(works, 4, works.clock.at)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/substitute", BACK, by=LEADER)
    works.pass_time(minutes=1)
    await weighed(works, "1", works.clock.at)
    await works.do("work-orders/WO-1/resume", by=LEADER)
    works.pass_time(minutes=1)
    assert await works.on_hand("PP-RESIN", "M1-LS") == 994
    await give(works)
    assert await issued(works) == {"PP-RESIN": 3, "PP-RECYCLED": 3}
    assert await works.get("no-order-weighings") == []


async def test_what_was_weighed_of_a_substitute_without_an_order_replaces_its_standard(
    works: KettleWorks,
) -> None:
    """Not measured by the bill, but somebody weighed it: that comes before the pieces that are given with it."""
    await ready(works, measured=False)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/pause", by=LEADER)
    await works.do("work-orders/WO-1/substitute", SWITCH, by=LEADER)
    works.pass_time(minutes=1)
    await weighed(works, "2", works.clock.at)
    await counted(works, 10, works.clock.at)  # 3 by standard
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/resume", by=LEADER)
    works.pass_time(minutes=1)
    await give(works)
    assert await issued(works) == {"PP-RESIN": 0, "PP-RECYCLED": 3}


async def test_what_was_measured_without_an_order_stays_actual_when_later_pieces_are_not(
    works: KettleWorks,
) -> None:
    await ready(works, measured=True)
    works.pass_time(minutes=1)
    await works.do("work-orders/WO-1/pause", by=LEADER)
    works.pass_time(minutes=1)
    await weighed(works, "7", works.clock.at)
    await counted(works, 40, works.clock.at)  # standard were 10
    works.pass_time(minutes=1)
    await refreeze(works, bill("B", "0.25"))
    await works.do("work-orders/WO-1/resume", by=LEADER)
    works.pass_time(minutes=1)
    await give(works)
    await counted(works, 8, works.clock.at)
    assert await issued(works) == {"PP-RESIN": 9}  # 7 as weighed, 2 by standard
    [mine] = [
        row
        for row in await works.get("movements", order="WO-1")
        if row["kind"] == "weigh" and row["order"] == "WO-1"
    ]
    await works.do(f"movements/{mine['id']}/reverse", {"reason": "another's"}, by=LEADER)
    await counted(works, 4, works.clock.at)
    assert await issued(works) == {"PP-RESIN": 3}  # nothing was used of what was measured


@given(steps=STEPS)
@example(steps=EVERY_CHANGE)
@example(steps=THE_SAME_AGAIN)
@settings(
    max_examples=4,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_when_facts_come_changes_nothing_of_what_they_consume(
    works: KettleWorks, steps: list[tuple[str, int, bool]]
) -> None:
    """Two orders live through the same; of one, some facts come after everything else."""
    found = [await lived_through(works, steps, late=late) for late in (False, True)]
    assert found[0] == found[1]
    await works.check_ledger()


async def lived_through(
    works: KettleWorks, steps: list[tuple[str, int, bool]], *, late: bool
) -> dict[str, tuple[Decimal, Decimal]]:
    """Item -> (standard, issued) of a new order, which begins with a bill of its own: not with what others left in force."""
    number = f"WO-{works.clock.at:%y%m%d-%H%M%S}"
    first = bill(number, "0.25") | {"valid_from": "2026-03-01"}
    await put_master_data(works, items=RECYCLED["items"], bills=[first])
    for item in ("PP-RESIN", "PP-RECYCLED"):
        await works.receive(item, number, "1000", "M1-LS")
    await works.run_order(number)
    [row] = (await components(works, number)).values()
    assert (row["measured"], Decimal(row["quantity"])) == (False, Decimal("0.25"))
    measured, quantity, held = False, "0.25", list[tuple[str, int, datetime]]()
    for place, (what, size, waits) in enumerate(steps):
        works.pass_time(seconds=30)
        if what in ("count", "weigh"):
            what = (
                what if measured else "count"
            )  # weighed or not, what is issued first replaces standard
            if late and waits:
                held.append((what, size, works.clock.at))
            else:
                await fact(works, what, size, works.clock.at)
            continue
        if what == "switch":
            used = await components(works, number)
            [now] = [item for item, row in used.items() if row["produced_until"] is None]
            body = SWITCH if now == "PP-RESIN" else BACK
            await works.do(f"work-orders/{number}/substitute", body, by=LEADER)
            continue
        measured, quantity = (
            (not measured, quantity) if what == "measure" else (measured, str(Decimal(size) / 37))
        )
        quantity = str(Decimal(quantity).quantize(Decimal("0.000001")))
        document = bill(f"{number}-{place:02}", quantity, measured=measured)
        await put_master_data(works, bills=[document | {"valid_from": "2026-03-01"}])
        answer = await works.post(f"work-orders/{number}/refreeze", {"reason": "other"}, by=PLANNER)
        assert answer.is_success or answer.json()["type"] == "nothing-to-refreeze", answer.text
    for what, size, at in reversed(held):
        await fact(works, what, size, at)
    works.pass_time(seconds=30)
    await works.do(f"work-orders/{number}/complete", by=LEADER)
    works.pass_time(days=1)
    rows = await components(works, number)
    return {item: (Decimal(row["standard"]), Decimal(row["issued"])) for item, row in rows.items()}


async def fact(works: KettleWorks, what: str, size: int, at: datetime) -> None:
    if what == "count":
        await counted(works, size, at)
    else:
        await weighed(works, str(Decimal(size) / 10), at)
