"""The steps of an order's progress that no machine counted at the time: people's reports, and what came late."""

from mes_server.api.why_chain import API, Chain, path
from mes_server.storage import production_reports, restatements
from mes_server.storage.database import Connection


async def reported_steps(
    chain: Chain, connection: Connection, *, operation_id: int, number: str
) -> None:
    """Add what people reported, and what changed after it was reported, where there is any."""
    good, scrap = await production_reports.of_operation(connection, operation_id)
    if good or scrap:
        chain.step(
            "reported",
            {"reported_good": good, "reported_scrap": scrap},
            links={"figure": path("work-orders", number, "production-reports")},
        )
    for figure, key in (("order", "restated"), ("hour", "restated_hours")):
        found = await restatements.of_operation(connection, operation_id, figure=figure)
        if found.times:
            chain.step(
                key,
                {"restated_good": found.good, "restated_scrap": found.scrap},
                links={"figure": f"{API}/restatements?order={number}&figure={figure}"},
            )
