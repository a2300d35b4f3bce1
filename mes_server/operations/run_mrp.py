"""Material requirements are planned anew: what is to be bought and made becomes proposals."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from mes_server.domain import mrp as planning
from mes_server.domain.loop_rule import Modifiers
from mes_server.domain.refusal import ITEM, NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import place_of
from mes_server.storage import mrp, stock_effects
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Something that no order of ours stands for yet: a customer's order, a forecast."""

    ref: str
    item: str
    quantity: Decimal
    at: datetime


async def run_mrp(
    pool: Pool, call: Call, *, location: str, horizon_days: int, demands: Sequence[Demand]
) -> Answer:
    """Plan all items. Proposals for items without a loop of their own go to `location`. Answers {run}.

    Raises NotFound or NotARealPlace.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection, now = transaction.connection, transaction.now
        place = await place_of(connection, location)
        if missing := await mrp.missing_items(connection, [one.item for one in demands]):
            raise NotFound(what=ITEM, name=", ".join(missing))
        await mrp.lock(connection)
        today = await stock_effects.plant_date(connection, now=now)
        rows = await mrp.items(connection, today=today)
        horizon = now + timedelta(days=horizon_days)
        asked = await mrp.requirements(connection, now=now, today=today, horizon=horizon)
        made = planning.plan(
            [_item(row) for row in rows],
            _requirements(asked, demands, rows, now=now, horizon=horizon),
            [planning.Receipt(**asdict(row)) for row in await mrp.receipts(connection)],
            now=now,
        )
        bound = [
            planning.Note(
                kind=planning.NoteKind.WAITS_FOR_LOT, item=row.item, ref=row.ref, at=row.at
            )
            for row in await mrp.bound_to_lots(connection)
        ]
        run_id = await mrp.open_run(
            connection,
            now=now,
            horizon=horizon,
            demands=[_spelled(asdict(one)) for one in demands],
            notes=[_spelled(asdict(note)) for note in (*made.notes, *bound)],
            person_id=transaction.person_id,
            command_id=transaction.command_id,
        )
        by_code = {row.item: row for row in rows}
        proposals = [
            _proposal(order, by_code[order.item], location_id=place.id) for order in made.orders
        ]
        await mrp.propose(connection, run_id, proposals, now=now, command_id=transaction.command_id)
        return Outcome(answer={"run": run_id})

    given = {
        "location": location,
        "horizon_days": horizon_days,
        "demands": [asdict(one) for one in demands],
    }
    return await run_command(pool, call, kind="run-mrp", given=given, work=work)


def _item(row: mrp.ItemRow) -> planning.PlannedItem:
    return planning.PlannedItem(
        item=row.item,
        made=row.made,
        on_hand=row.on_hand,
        safety_stock=row.safety_stock,
        lead_time_s=row.lead_time_s,
        lot_sizing=planning.LotSizing(row.lot_sizing),
        lot=row.lot,
        period_days=row.period_days,
        modifiers=Modifiers(
            minimum=row.minimum, multiple=row.multiple, pack=row.pack, maximum=row.maximum
        ),
        parts=[_part(part) for part in row.parts],
        left_to_loop=row.left_to_loop,
    )


def _part(part: Mapping[str, str]) -> planning.Part:
    gross = Fraction(part["quantity"]) * (100 + Fraction(part["scrap_percent"])) / 100
    return planning.Part(item=part["item"], per_piece=gross / Fraction(part["base"]))


def _requirements(
    asked: Sequence[mrp.RequirementRow],
    demands: Sequence[Demand],
    items: Sequence[mrp.ItemRow],
    *,
    now: datetime,
    horizon: datetime,
) -> list[planning.Requirement]:
    """An order's components are wanted when it starts: its due date less the time to make its item, at the earliest now."""
    leads = {row.item: timedelta(seconds=row.lead_time_s) for row in items}
    wanted = [
        planning.Requirement(
            item=row.item,
            quantity=row.quantity,
            at=max(now, row.at - leads[row.made]) if row.made is not None else now,
            ref=row.ref,
        )
        for row in asked
    ]
    return wanted + [
        planning.Requirement(item=one.item, quantity=one.quantity, at=max(now, one.at), ref=one.ref)
        for one in demands
        if one.at <= horizon
    ]


def _proposal(
    order: planning.PlannedOrder, row: mrp.ItemRow, *, location_id: int
) -> dict[str, Any]:
    return {
        "nr": order.number,
        "kind": "make" if order.made else "purchase",
        "item_id": row.id,
        "location_id": row.location_id or location_id,
        "supplier_id": row.supplier_id,
        "quantity": str(order.quantity),
        "start_at": order.start_at.isoformat(),
        "due_at": order.due_at.isoformat(),
        "why": _spelled(asdict(order.why))
        | {"on_hand": str(row.on_hand), "planned": f"#{order.number}"},
        "pegs": [_spelled(asdict(peg)) for peg in order.pegs],
    }


def _spelled(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON: decimals as text, times in ISO 8601."""
    return {name: _spell(value) for name, value in row.items()}


def _spell(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case tuple():
            return [str(one) for one in value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return value
