"""A scrap entry as its command answers it."""

from mes_server.operations.command import Answer
from mes_server.storage import scrap_reports
from mes_server.storage.database import Connection


async def scrap_answer(connection: Connection, report_id: int) -> Answer:
    """The ScrapReport as it is in this transaction."""
    [row] = await scrap_reports.find_reports(connection, report_id=report_id, limit=1)
    return report_words(row)


def report_words(row: scrap_reports.ScrapReportRow) -> Answer:
    """A ScrapReport in JSON."""
    return {
        "id": row.id,
        "number": row.number,
        "operation": row.operation,
        "quantity": str(row.quantity),
        "reason": row.reason,
        "disposition": row.disposition,
        "at": row.at.isoformat(),
        "person": row.person,
        "reversed_at": row.reversed_at.isoformat() if row.reversed_at else None,
    }
