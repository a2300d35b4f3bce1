"""`GET /why/...` for any figure: the rule in words, what it used, and the chain down to the readings."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from mes_server.api.access import screens_only
from mes_server.api.language import Language
from mes_server.api.pages import Limit
from mes_server.api.server import ServerHere
from mes_server.api.why_chain import POSTINGS_SHOWN, Chain, movements_path, path, place_of
from mes_server.api.why_reported import reported_steps
from mes_server.contract.trace import Why
from mes_server.domain.refusal import ITEM, LOT, ORDER, SIGNAL, UNIT, NotFound, words
from mes_server.storage import calls, why
from mes_server.storage.database import Connection

router = APIRouter(prefix="/why", tags=["why"], dependencies=[Depends(screens_only)])
After = Annotated[
    str | None, Query(pattern=r"^-?\d{1,16}-\d{1,19}$", description="`next` of the page before")
]
Code = Annotated[str, Query(min_length=1, max_length=64)]
Figure = Literal["good", "scrap", "rework", "produced"]
SHORTAGE = words("shortage", "缺料记录")


def _chain(
    connection: Connection, language: str, unit: str, after: str | None, limit: int
) -> Chain:
    return Chain(
        connection=connection, language=language, unit=unit, after=place_of(after), limit=limit
    )


@router.get("/progress/{number:path}")
async def get_why_progress(
    server: ServerHere,
    language: Language,
    number: str,
    operation: int = 10,
    figure: Figure = "good",
    after: After = None,
    limit: Limit = 100,
) -> Why:
    """An order's good, scrap, rework or produced: the machine's counts, people's entries, and what was posted."""
    async with server.pool.connection() as connection:
        found = await why.progress(connection, number=number, operation=operation)
        if found is None:
            raise NotFound(what=ORDER, name=f"{number}/{operation}")
        chain = _chain(connection, language, found.unit, after, limit)
        counted = {
            f"{row.signal} ({row.role})": row.counted
            for row in await why.counters(connection, found)
        }
        readings = await why.readings_of_unit(connection, found, after=chain.after, limit=limit)
        explained = _progress(found, figure)
        chain.step(figure, _used(found, figure), result=explained)
        chain.step("counted", counted, readings=readings)
        await reported_steps(chain, connection, operation_id=found.operation_id, number=number)
        entries = chain.step(
            "entered",
            {"entered_scrap": found.entered_scrap, "entered_rework": found.entered_rework},
            links={"figure": path("scrap-reports") + f"?number={number}"},
        )
        postings = await why.postings_of_operation(
            connection, found.operation_id, item_id=None, limit=POSTINGS_SHOWN
        )
        people = [row for row in postings if row.command_id is not None]
        await chain.sources(entries, postings=people, readings=False)
        step = chain.step(
            "posted_output", {}, postings=postings, links={"postings": movements_path(order=number)}
        )
        await chain.sources(step, postings=postings, readings=False)
        name = f"{number}/{operation} {chain.say(figure)}"
        value = {
            "good": found.good,
            "scrap": found.scrap,
            "rework": found.rework,
            "produced": found.produced,
        }[figure]
        return chain.answer(figure, name, value, rule=figure, explained=explained)


def _progress(found: why.ProgressRow, figure: Figure) -> Decimal:
    """The figure, as its rule makes it from the counts and entries."""
    good = found.counted_good - found.entered_scrap - found.entered_rework
    scrap = found.counted_scrap + found.entered_scrap
    return {
        "good": good,
        "scrap": scrap,
        "rework": found.entered_rework,
        "produced": good + scrap + found.entered_rework,
    }[figure]


def _used(found: why.ProgressRow, figure: Figure) -> dict[str, Decimal]:
    """What the rule of a figure uses."""
    match figure:
        case "good":
            return {
                "counted_good": found.counted_good,
                "entered_scrap": found.entered_scrap,
                "entered_rework": found.entered_rework,
            }
        case "scrap":
            return {"counted_scrap": found.counted_scrap, "entered_scrap": found.entered_scrap}
        case "rework":
            return {"entered_rework": found.entered_rework}
        case "produced":
            return {"good": found.good, "scrap": found.scrap, "rework": found.rework}


@router.get("/balance")
async def get_why_balance(
    server: ServerHere,
    language: Language,
    item: Code,
    location: Code,
    lot: Annotated[str | None, Query(max_length=64)] = None,
    after: After = None,
    limit: Limit = 100,
) -> Why:
    """What lies of an item at a place, all lots or one: everything that came less everything that went."""
    async with server.pool.connection() as connection:
        found = await why.stock(connection, item=item, location=location, lot=lot)
        if found is None:
            raise NotFound(what=ITEM, name=f"{item} ({location})")
        if lot is not None and found.lot_id is None:
            raise NotFound(what=LOT, name=f"{item}/{lot}")
        chain = _chain(connection, language, found.unit, after, limit)
        flows = await why.flows(connection, found)
        came = sum((row.came for row in flows), Decimal(0))
        went = sum((row.went for row in flows), Decimal(0))
        chain.step("balance", {"came": came, "went": went}, result=came - went)
        kinds = {f"came:{row.kind}": row.came for row in flows if row.came}
        kinds |= {f"went:{row.kind}": row.went for row in flows if row.went}
        chain.step("flows", kinds, result=came - went)
        postings = await why.postings_of_stock(
            connection,
            item_id=found.item_id,
            location_id=found.location_id,
            lot_id=found.lot_id,
            limit=POSTINGS_SHOWN,
        )
        step = chain.step(
            "newest_postings",
            {},
            postings=postings,
            links={"postings": movements_path(item=item, lot=lot, location=location)},
        )
        await chain.sources(step, postings=postings)
        name = f"{item}{'/' + lot if lot else ''} @ {location}"
        return chain.answer("balance", name, found.quantity, rule="balance", explained=came - went)


@router.get("/consumption/{number:path}")
async def get_why_consumption(
    server: ServerHere,
    language: Language,
    number: str,
    item: Code,
    operation: int = 10,
    after: After = None,
    limit: Limit = 100,
) -> Why:
    """The variance of an order's component: standard, actual, the difference, and what it is worth."""
    async with server.pool.connection() as connection:
        found = await why.component(connection, number=number, operation=operation, item=item)
        if found is None:
            raise NotFound(what=ORDER, name=f"{number}/{operation} ({item})")
        chain = _chain(connection, language, found.unit, after, limit)
        actual = found.booked + found.waiting
        variance = actual - found.standard
        chain.step("consumption", {"actual": actual, "standard": found.standard}, result=variance)
        chain.step(
            "standard",
            {
                "produced": found.produced,
                "quantity": found.quantity,
                "base_quantity": found.base_quantity,
                "scrap_percent": found.scrap_percent,
                "measured": found.measured,
            },
            result=found.standard,
            links={
                "figure": path("why", "progress", number)
                + f"?operation={operation}&figure=produced"
            },
        )
        postings = await why.postings_of_operation(
            connection, found.operation_id, item_id=found.item_id, limit=POSTINGS_SHOWN
        )
        step = chain.step(
            "actual",
            {"booked": found.booked, "waiting": found.waiting},
            result=actual,
            postings=postings,
            links={"postings": movements_path(item=item, order=number)},
        )
        await chain.sources(step, postings=postings)
        chain.step(
            "money",
            {"variance": variance, "standard_cost": found.standard_cost},
            result=round(variance * found.standard_cost, 2),
        )
        return chain.answer(
            "consumption",
            f"{number}/{operation} {item}",
            variance,
            rule="consumption",
            explained=actual - found.standard,
        )


async def _when_raised(chain: Chain, found: why.SignalRow) -> None:
    """What the rule saw, and how the call was changed since."""
    seen = await calls.seen(chain.connection, found.id)
    supply_then = Decimal(seen.get("supply", "0"))
    chain.step(
        "when_raised",
        {
            "method": seen.get("method", found.method),
            "on_hand": found.on_hand_then,
            "open_supply": supply_then,
            "reserved_and_waiting": found.on_hand_then + supply_then - found.projected,
            "projected": found.projected,
            "reorder_point": found.reorder_point,
            **{
                key: Decimal(str(value))
                for key, value in seen.items()
                if key not in ("method", "supply")
            },
        },
        result=found.projected,
    )
    for change in await calls.adjustments(chain.connection, found.id):
        chain.step(
            "changed",
            {
                "verdict": change.verdict,
                "reason": change.reason,
                "quantity_before": change.quantity_before,
                **({} if change.stock is None else {"stock_without_call": change.stock}),
                **({} if change.need is None else {"need": change.need}),
            },
            result=change.quantity_after,
        )


@router.get("/signals/{signal_id}")
async def get_why_signal(
    server: ServerHere, language: Language, signal_id: int, after: After = None, limit: Limit = 100
) -> Why:
    """A replenishment signal: what its rule saw, the postings before it, and the facts that triggered it."""
    async with server.pool.connection() as connection:
        found = await why.signal(connection, signal_id)
        if found is None:
            raise NotFound(what=SIGNAL, name=str(signal_id))
        chain = _chain(connection, language, found.unit, after, limit)
        await _when_raised(chain, found)
        supply = (
            found.quantity - found.delivered_quantity
            if found.state in ("raised", "accepted", "picked")
            else Decimal(0)
        )
        chain.step(
            "now",
            {
                "on_hand": found.on_hand_now,
                "open_supply": supply,
                "reserved": found.reserved_now,
                "waiting": found.waiting_now,
                "reorder_point": found.reorder_point,
            },
            result=found.on_hand_now + supply - found.reserved_now - found.waiting_now,
        )
        postings = await why.postings_of_stock(
            connection,
            item_id=found.item_id,
            location_id=found.location_id,
            until=found.raised_at,
            limit=POSTINGS_SHOWN,
        )
        step = chain.step(
            "before",
            {},
            postings=postings,
            links={"postings": movements_path(item=found.item, location=found.location)},
        )
        await chain.sources(
            step, postings=postings, ingest_id=found.ingest_id, command_id=found.command_id
        )
        name = f"{found.item} @ {found.location} #{signal_id}"
        return chain.answer("signal", name, found.projected, rule="signal", explained=None)


@router.get("/shortages/{shortage_id}")
async def get_why_shortage(
    server: ServerHere,
    language: Language,
    shortage_id: int,
    after: After = None,
    limit: Limit = 100,
) -> Why:
    """An entry of the shortage queue: what was consumed, what could be booked, and the readings behind it."""
    async with server.pool.connection() as connection:
        found = await why.shortage(connection, shortage_id)
        if found is None:
            raise NotFound(what=SHORTAGE, name=str(shortage_id))
        chain = _chain(connection, language, found.unit, after, limit)
        booked = found.quantity - found.remaining
        chain.step(
            "shortage",
            {"short": found.quantity, "booked": booked, "free": found.free_now},
            result=found.quantity - booked,
        )
        if found.operation_id is not None:
            postings = await why.postings_of_operation(
                connection, found.operation_id, item_id=found.item_id, limit=POSTINGS_SHOWN
            )
            step = chain.step(
                "booked_since",
                {},
                postings=postings,
                links={"postings": movements_path(item=found.item, location=found.location)},
            )
            await chain.sources(step, postings=postings, readings=False)
        batch = chain.step("batch", {})
        await chain.sources(batch, ingest_id=found.ingest_id, units=[found.equipment_id])
        name = f"{found.item} @ {found.location} #{shortage_id}"
        return chain.answer(
            "shortage", name, found.remaining, rule="shortage", explained=found.quantity - booked
        )


@router.get("/no-order")
async def get_why_no_order(
    server: ServerHere,
    language: Language,
    equipment: Annotated[str, Query(min_length=1, max_length=200)],
    figure: Literal["good", "scrap"] = "good",
    after: After = None,
    limit: Limit = 100,
) -> Why:
    """What a unit counted outside any order and nobody attributed yet."""
    async with server.pool.connection() as connection:
        found = await why.no_order(connection, equipment=equipment)
        if found is None:
            raise NotFound(what=UNIT, name=equipment)
        chain = _chain(connection, language, "", after, limit)
        counters = await why.counters(connection, found)
        readings = await why.readings_of_unit(connection, found, after=chain.after, limit=limit)
        counted = {f"{row.signal} ({row.role})": row.counted for row in counters}
        explained = _no_order(counters, figure)
        chain.step("no_order", counted, result=explained, readings=readings)
        value = found.good if figure == "good" else found.scrap
        name = f"{equipment} {chain.say(figure)}"
        return chain.answer("no-order", name, value, rule="no_order", explained=explained)


def _no_order(counters: Sequence[why.CounterRow], figure: Literal["good", "scrap"]) -> Decimal:
    """A unit that counts all its pieces has its rejects among them."""
    scrap = sum((row.counted for row in counters if row.role == "scrap"), Decimal(0))
    if figure == "scrap":
        return scrap
    passed = sum((row.counted for row in counters if row.role != "scrap"), Decimal(0))
    counts_all = any(row.role == "produced" for row in counters)
    return passed - scrap if counts_all else passed
