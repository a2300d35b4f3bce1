"""Count lists as commands answer them and lists show them."""

from mes_server.domain.cycle_count import COUNT_LIST
from mes_server.domain.refusal import NotFound
from mes_server.operations.command import Answer
from mes_server.storage import cycle_counts
from mes_server.storage.database import Connection


async def list_answer(connection: Connection, list_id: int) -> Answer:
    """A CountList in JSON; raises NotFound."""
    rows = await cycle_counts.find_lists(connection, id_=list_id, limit=1)
    if not rows:
        raise NotFound(what=COUNT_LIST, name=str(list_id))
    return list_words(rows[0])


def list_words(row: cycle_counts.ListRow) -> Answer:
    """A CountList in JSON."""
    return {
        "id": row.id,
        "location": row.location,
        "location_name": row.location_name,
        "abc_class": row.abc_class,
        "note": row.note,
        "created_at": row.created_at.isoformat(),
        "created_by": row.created_by,
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
        "lines": row.lines,
        "counted": row.counted,
        "waiting": row.waiting,
        "accuracy_percent": None if row.accuracy_percent is None else str(row.accuracy_percent),
    }
