"""Somebody calls for exactly what is missing at a place, whatever the loop's order modifiers say."""

from mes_server.domain.loop_rule import deficiency
from mes_server.domain.loop_setting import LOOP, CallOpen, NothingMissing
from mes_server.domain.refusal import NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import ledger, loops
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched


async def locked_loop(connection: Connection, *, item: str, location: str) -> loops.LockedLoop:
    """The loop of an item at a place, locked after both its ends; raises NotFound."""
    await ledger.lock(connection, await loops.places_of(connection, item=item, location=location))
    loop = await loops.lock_loop(connection, item=item, location=location)
    if loop is None:
        raise NotFound(what=LOOP, name=f"{item} @ {location}")
    return loop


async def call_emergency(
    pool: Pool, call: Call, *, item: str, location: str, reason: str
) -> Answer:
    """Raise a call (a proposal, where the loop buys or makes) for the deficiency. Answers {number, kind, quantity}.

    Raises NotFound, CallOpen or NothingMissing.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        loop = await locked_loop(connection, item=item, location=location)
        is_open = await loops.open_call(connection, loop.id)
        is_open = is_open or await loops.open_proposal(connection, loop.id)
        if is_open is not None:
            raise CallOpen(item=item, number=is_open)
        seen = await loops.projection(
            connection, item_id=loop.item_id, location_id=loop.location_id
        )
        quantity = deficiency(projected=seen.projected, safety_stock=loop.safety_stock)
        if quantity == 0:
            raise NothingMissing(item=item, location=loop.location_name, projected=seen.projected)
        number = await loops.raise_emergency(
            connection,
            loop,
            quantity=quantity,
            projected=seen.projected,
            reason=reason,
            now=transaction.now,
            command_id=transaction.command_id,
        )
        stock = frozenset({(loop.item_id, loop.location_id), (loop.item_id, loop.source_id)})
        signals = frozenset({number}) if loop.kind == "transfer" else frozenset[int]()
        return Outcome(
            answer={"number": number, "kind": loop.kind, "quantity": str(quantity)},
            touched=Touched(stock=stock, signals=signals),
            places=stock if loop.kind == "transfer" else frozenset(),
        )

    given = {"item": item, "location": location, "reason": reason}
    return await run_command(pool, call, kind="call-emergency", given=given, work=work)
