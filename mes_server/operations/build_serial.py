"""A numbered piece is built into another one for an order, or taken out again: genealogy by serial number."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.issue import check_reworked
from mes_server.domain.refusal import NotFound
from mes_server.domain.serial import SERIAL, STATE_WORDS, SerialLoops, SerialNotThere
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.material_place import check_takes_material
from mes_server.operations.move_serials import pieces_there
from mes_server.operations.named import account_of, item_of, locked_operation, place_of
from mes_server.operations.posting_answer import posting_answer
from mes_server.storage import issues, ledger, reservations, serials
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import OperationRow

ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Which piece goes into which, or comes out of it to `location`."""

    item: str
    serial: str
    into_item: str
    into_serial: str
    location: str | None
    reason: str


async def build_serial(
    pool: Pool, call: Call, *, number: str, operation: int | None, fit: Fit
) -> Answer:
    """Issue the piece to the order, into the other one. Answers a Posting.

    Raises NotFound, OrderEnded, SerialNotThere, SerialLoops, NotTheReworkedLot or StockTooLow.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        check_takes_material(row, released=True, completed=True)
        item = await item_of(connection, fit.item)
        into = await _piece(connection, fit.into_item, fit.into_serial)
        [piece] = await pieces_there(
            connection, item=item.code, item_id=item.id, codes=[fit.serial]
        )
        assert piece.location_id is not None
        if piece.id == into.id or into.id in await serials.inside(connection, piece.id):
            raise SerialLoops(serial=fit.serial)
        only = await issues.only_lot(connection, operation_id=row.id, item_id=item.id)
        check_reworked(number=number, item=item.code, lot=piece.lot, only=only)
        account = await account_of(connection, "CONSUMPTION")
        await ledger.lock(connection, {(item.id, piece.location_id), (item.id, account.id)})
        await serials.build(connection, [piece.id], into_id=into.id)
        await reservations.take(
            connection,
            operation_id=row.id,
            item_id=item.id,
            location_id=piece.location_id,
            lot_id=piece.lot_id,
            quantity=ONE,
            at=transaction.now,
        )
        movement = _movement(
            transaction, row, piece, kind="issue", from_id=piece.location_id, to_id=account.id
        )
        answer = await posting_answer(transaction, movement)
        await issues.count_issue(
            connection, operation_id=row.id, item_id=item.id, quantity=ONE, at=transaction.now
        )
        await serials.note(
            connection,
            [piece.id],
            _note(transaction, "build", answer, row, into_id=into.id, from_id=piece.location_id),
        )
        places = frozenset({(item.id, piece.location_id)})
        return Outcome(answer=answer, touched=Touched(operations=row.shown), places=places)

    given = {"number": number, "operation": operation, **asdict(fit)}
    return await run_command(pool, call, kind="build-serial", given=given, work=work)


async def take_out_serial(
    pool: Pool, call: Call, *, number: str, operation: int | None, fit: Fit
) -> Answer:
    """Return the piece from the order to `fit.location`. Answers a Posting.

    Raises NotFound, OrderEnded, SerialNotThere when it is not in the other one, or NotARealPlace.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_operation(connection, number=number, operation=operation)
        check_takes_material(row, released=True, completed=True)
        into = await _piece(connection, fit.into_item, fit.into_serial)
        piece = await _piece(connection, fit.item, fit.serial)
        if piece.built_into != into.id:
            raise SerialNotThere(item=fit.item, serial=fit.serial, state=STATE_WORDS[piece.state])
        place = await place_of(connection, fit.location or "")
        account = await account_of(connection, "CONSUMPTION")
        await ledger.lock(connection, {(piece.item_id, place.id), (piece.item_id, account.id)})
        await serials.take_out(connection, [piece.id], to_id=place.id)
        movement = _movement(
            transaction, row, piece, kind="return", from_id=account.id, to_id=place.id
        )
        answer = await posting_answer(transaction, movement)
        await issues.add_issued(
            connection, operation_id=row.id, item_id=piece.item_id, quantity=-ONE
        )
        await serials.note(
            connection,
            [piece.id],
            _note(transaction, "take_out", answer, row, into_id=into.id, to_id=place.id),
        )
        places = frozenset({(piece.item_id, place.id)})
        return Outcome(answer=answer, touched=Touched(operations=row.shown), places=places)

    given = {"number": number, "operation": operation, **asdict(fit)}
    return await run_command(pool, call, kind="take-out-serial", given=given, work=work)


async def _piece(connection: Connection, item: str, serial: str) -> serials.Piece:
    known = await item_of(connection, item)
    found = await serials.lock(connection, item_id=known.id, codes=[serial])
    if not found:
        raise NotFound(what=SERIAL, name=f"{item} {serial}")
    return found[0]


def _movement(
    transaction: Transaction,
    row: OperationRow,
    piece: serials.Piece,
    *,
    kind: str,
    from_id: int,
    to_id: int,
) -> ledger.NewMovement:
    return ledger.NewMovement(
        kind=kind,
        item_id=piece.item_id,
        lot_id=piece.lot_id,
        from_id=from_id,
        to_id=to_id,
        quantity=ONE,
        at=transaction.now,
        operation_id=row.id,
        equipment_id=row.equipment_id,
        reason=f"serial {piece.code}",
    )


def _note(
    transaction: Transaction,
    kind: str,
    posting: Answer,
    row: OperationRow,
    *,
    into_id: int,
    from_id: int | None = None,
    to_id: int | None = None,
) -> serials.Note:
    return serials.Note(
        kind=kind,
        at=transaction.now,
        person_id=transaction.person_id,
        command_id=transaction.command_id,
        from_id=from_id,
        to_id=to_id,
        into_id=into_id,
        operation_id=row.id,
        movement_id=posting["id"],
    )
