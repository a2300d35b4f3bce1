"""When orders stop, end or change, the calls that were raised for them are judged anew."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from mes_server.domain.call_review import Verdict, review_call
from mes_server.domain.loop_rule import Modifiers
from mes_server.domain.replenishment import SignalState
from mes_server.storage import calls
from mes_server.storage.database import Connection
from mes_server.storage.touched import Touched

REASONS = {
    Verdict.ADJUST: "The orders here want less than was called for.",
    Verdict.CANCEL: "No order that runs here wants it any more.",
    Verdict.ASK: "No order that runs here wants all of it any more. Deliver it all the same, or cancel?",
}


async def review_calls(
    connection: Connection, *, operations: Collection[int], now: datetime, command_id: UUID | None
) -> Touched:
    """Call off, shrink or question the open on-demand calls where `operations` draw; what that touched.

    Nothing that was picked is called off: it stays, and asks once.
    """
    if not operations:
        return Touched()
    found = await calls.open_on_demand(connection, operations)
    asking = await calls.questions_of(connection, [call.id for call in found]) if found else ()
    changed: set[int] = set()
    places: set[tuple[int, int]] = set()
    for call in found:
        review = review_call(
            state=SignalState(call.state),
            quantity=call.quantity,
            stock=call.stock,
            need=call.need,
            drawn=call.drawn,
            modifiers=Modifiers(
                minimum=call.minimum,
                multiple=call.multiple,
                pack=call.pack,
                maximum=call.maximum,
            ),
        )
        if review.verdict is Verdict.KEEP or (review.verdict is Verdict.ASK and call.id in asking):
            continue
        await calls.adjust(
            connection,
            call.id,
            verdict=review.verdict.value,
            before=call.quantity,
            quantity=review.quantity,
            reason=REASONS[review.verdict],
            now=now,
            command_id=command_id,
            stock=call.stock,
            need=call.need,
        )
        changed.add(call.id)
        places.add((call.item_id, call.location_id))
    return Touched(signals=frozenset(changed), stock=frozenset(places))
