"""From where an operation takes an item: as asked, as its bill says, or at its unit's line side."""

from mes_server.domain.refusal import LOCATION, NotFound
from mes_server.domain.reservation import OrderEnded
from mes_server.domain.work_order import STATE_WORDS, OrderState, UnitHasNoPlaces
from mes_server.operations.named import place_of
from mes_server.storage import issues, lots
from mes_server.storage.database import Connection
from mes_server.storage.lots import LocationRow
from mes_server.storage.work_orders import OperationRow

_ENDED = frozenset({OrderState.CLOSED, OrderState.ABORTED})


def check_takes_material(row: OperationRow, *, released: bool, completed: bool) -> None:
    """Refuse an operation that has ended; `released`: one that is not released too; `completed`: late entries are let in."""
    state = OrderState(row.state)
    refused = (
        state in _ENDED
        or (released and state is OrderState.NOT_ALLOWED_TO_START)
        or (not completed and state is OrderState.COMPLETED)
    )
    if refused:
        raise OrderEnded(number=row.number, state=STATE_WORDS[state])


async def material_place(
    connection: Connection, row: OperationRow, *, item_id: int, asked: str | None
) -> LocationRow:
    """The place; raises NotFound, NotARealPlace or UnitHasNoPlaces."""
    if asked is not None:
        return await place_of(connection, asked)
    place = await issues.component_place(connection, operation_id=row.id, item_id=item_id)
    place = place if place is not None else row.line_side_id
    if place is None:
        raise UnitHasNoPlaces(unit=row.equipment_name)
    found = await lots.location(connection, place)
    if found is None:
        raise NotFound(what=LOCATION, name=str(place))
    return found
