"""Numbered pieces go to another place, each by its number."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from mes_server.domain.refusal import NotFound
from mes_server.domain.serial import SERIAL, STATE_WORDS, SerialNotThere
from mes_server.domain.stock import SamePlace
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.named import item_of, place_of
from mes_server.operations.posting_answer import book_all
from mes_server.storage import ledger, serials
from mes_server.storage.database import Connection, Pool


async def move_serials(
    pool: Pool, call: Call, *, item: str, codes: Sequence[str], to_location: str
) -> Answer:
    """Book one transfer a lot and place. Answers `{postings: [Posting]}`.

    Raises NotFound, NotARealPlace, SerialNotThere, SamePlace or StockTooLow.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        known = await item_of(connection, item)
        target = await place_of(connection, to_location)
        pieces = await pieces_there(connection, item=item, item_id=known.id, codes=codes)
        groups: dict[tuple[int, int], list[serials.Piece]] = defaultdict(list)
        for piece in pieces:
            assert piece.location_id is not None
            if piece.location_id == target.id:
                raise SamePlace(place=target.name)
            groups[piece.location_id, piece.lot_id].append(piece)
        places = frozenset({(known.id, place) for place, _ in groups} | {(known.id, target.id)})
        await ledger.lock(connection, places)
        await serials.move(connection, [piece.id for piece in pieces], to_id=target.id)
        postings = await book_all(
            transaction,
            [
                ledger.NewMovement(
                    kind="transfer",
                    item_id=known.id,
                    lot_id=lot_id,
                    from_id=place_id,
                    to_id=target.id,
                    quantity=Decimal(len(group)),
                    at=transaction.now,
                )
                for (place_id, lot_id), group in groups.items()
            ],
        )
        for posting, ((place_id, _), group) in zip(postings, groups.items(), strict=True):
            what = serials.Note(
                kind="move",
                at=transaction.now,
                person_id=transaction.person_id,
                command_id=transaction.command_id,
                from_id=place_id,
                to_id=target.id,
                movement_id=posting["id"],
            )
            await serials.note(connection, [piece.id for piece in group], what)
        return Outcome(answer={"postings": postings}, places=places)

    given = {"item": item, "serials": list(codes), "to_location": to_location}
    return await run_command(pool, call, kind="move-serials", given=given, work=work)


async def pieces_there(
    connection: Connection, *, item: str, item_id: int, codes: Sequence[str]
) -> list[serials.Piece]:
    """The pieces, locked; raises NotFound, or SerialNotThere for one that is not in stock."""
    pieces = await serials.lock(connection, item_id=item_id, codes=codes)
    missing = sorted(set(codes) - {piece.code for piece in pieces})
    if missing:
        raise NotFound(what=SERIAL, name=f"{item} {', '.join(missing)}")
    for piece in pieces:
        if piece.state != "in_stock":
            raise SerialNotThere(item=item, serial=piece.code, state=STATE_WORDS[piece.state])
    return pieces
