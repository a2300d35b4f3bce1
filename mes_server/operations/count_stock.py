"""A person enters what was counted, without seeing the books: it is compared with the ledger as of the count's time."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.cycle_count import (
    COUNT_LINE,
    CountInFuture,
    Verdict,
    check_counter,
    check_decider,
    judge,
    within,
)
from mes_server.domain.refusal import NotFound
from mes_server.domain.serial import SerialsNeeded
from mes_server.domain.stock import StockTooLow
from mes_server.operations.adjustment_answer import difference
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.count_answer import list_answer
from mes_server.operations.named import account_of, item_of, lot_of, place_of
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.storage import cycle_counts, ledger
from mes_server.storage.cycle_counts import LockedLine
from mes_server.storage.database import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was counted, and when (None: now); a lot that is not on the list is put on it."""

    item: str
    lot: str
    location: str
    quantity: Decimal
    unit: str | None
    at: datetime | None


async def count_stock(pool: Pool, call: Call, *, list_id: int, entry: Entry) -> Answer:
    """Keep the count, and book the difference if it is within tolerance. Answers `{line, state}`, no book figure.

    Raises NotFound, CountInFuture, LineDone, OwnCount or UnitUnknown.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        at = entry.at or transaction.now
        if at > transaction.now:
            raise CountInFuture(at=at)
        await list_answer(connection, list_id)
        item = await item_of(connection, entry.item)
        lot = await lot_of(connection, item=item.code, lot=entry.lot)
        place = await place_of(connection, entry.location)
        counted = await stock_quantity(connection, item, entry.quantity, entry.unit)
        which = {"item_id": item.id, "lot_id": lot.id, "location_id": place.id}
        await cycle_counts.add_line(connection, list_id, **which)
        line = await cycle_counts.lock_line(connection, list_id, **which)
        assert line is not None
        check_counter(state=line.state, person=transaction.person_id, counted_by=line.first_counter)
        kept = await _judge(transaction, line, counted=counted, at=at)
        await cycle_counts.keep(connection, line.id, kept, person_id=transaction.person_id)
        await cycle_counts.close_done(connection, list_id, at=transaction.now)
        moved = {(item.id, place.id)} if kept.movement_id is not None else set[tuple[int, int]]()
        return Outcome(answer={"line": line.id, "state": kept.state}, places=frozenset(moved))

    given = given_in_units(entry, list=list_id)
    return await run_command(pool, call, kind="count-stock", given=given, work=work)


async def decide_count(
    pool: Pool, call: Call, *, list_id: int, line_id: int, approve: bool, reason: str
) -> Answer:
    """Book the difference of a waiting line, or refuse it. Answers `{line, state}`.

    Raises NotFound, LineDone, OwnCount, or StockTooLow and SerialsNeeded when stock stands in the way.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        line = await cycle_counts.lock_line(connection, list_id, line_id=line_id)
        if line is None:
            raise NotFound(what=COUNT_LINE, name=f"{list_id}/{line_id}")
        check_decider(
            state=line.state,
            person=transaction.person_id,
            counters=(line.first_counter, line.counted_by),
        )
        assert line.counted is not None
        assert line.counted_at is not None
        account = await account_of(connection, "ADJUSTMENT")
        await ledger.lock(
            connection, {(line.item_id, line.location_id), (line.item_id, account.id)}
        )
        book = await cycle_counts.book_as_of(connection, line, at=line.counted_at)
        movement_id = None
        if approve:
            movement_id = await _book(
                transaction, line, quantity=line.counted - book, at=line.counted_at, reason=reason
            )
        state = "booked" if approve else "refused"
        await cycle_counts.decide(
            connection,
            line.id,
            state=state,
            book=book,
            value=(line.counted - book) * line.unit_cost,
            note=reason,
            at=transaction.now,
            person_id=transaction.person_id,
            movement_id=movement_id,
        )
        await cycle_counts.close_done(connection, list_id, at=transaction.now)
        moved = {(line.item_id, line.location_id)} if movement_id else set[tuple[int, int]]()
        return Outcome(answer={"line": line.id, "state": state}, places=frozenset(moved))

    given = {"list": list_id, "line": line_id, "approve": approve, "reason": reason}
    return await run_command(pool, call, kind="decide-count", given=given, work=work)


async def _judge(
    transaction: Transaction, line: LockedLine, *, counted: Decimal, at: datetime
) -> cycle_counts.Counted:
    """What becomes of the count; booked at once within tolerance, unless reservations or numbers stand in the way."""
    connection = transaction.connection
    account = await account_of(connection, "ADJUSTMENT")
    await ledger.lock(connection, {(line.item_id, line.location_id), (line.item_id, account.id)})
    book = await cycle_counts.book_as_of(connection, line, at=at)
    tolerance = line.tolerance_percent
    verdict = judge(
        book=book,
        counted=counted,
        tolerance_percent=tolerance,
        recounted=line.state == "recount",
    )
    movement_id, note = None, ""
    if verdict is Verdict.BOOK:
        try:
            movement_id = await _book(
                transaction, line, quantity=counted - book, at=at, reason=f"count {line.list_id}"
            )
        except (StockTooLow, SerialsNeeded) as refusal:
            verdict, note = Verdict.WAIT, str(refusal)[:200]
    return cycle_counts.Counted(
        state=verdict.value,
        counted=counted,
        counted_at=at,
        hit=within(book=book, counted=counted, tolerance_percent=tolerance),
        book=book,
        value=(counted - book) * line.unit_cost,
        note=note,
        movement_id=movement_id,
    )


async def _book(
    transaction: Transaction, line: LockedLine, *, quantity: Decimal, at: datetime, reason: str
) -> int | None:
    """The posting of the difference, as of the count; None when there is no difference."""
    if quantity == 0:
        return None
    account = await account_of(transaction.connection, "ADJUSTMENT")
    posting = difference(
        kind="count",
        item_id=line.item_id,
        lot_id=line.lot_id,
        place_id=line.location_id,
        account_id=account.id,
        quantity=quantity,
        at=at,
        reason=reason,
    )
    [movement_id] = await ledger.book(
        transaction.connection,
        [posting],
        booked_at=transaction.now,
        command_id=transaction.command_id,
        person_id=transaction.person_id,
    )
    return movement_id
