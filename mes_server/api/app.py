"""The whole HTTP API: every router under /api/v1, and its documents at /docs, served from here alone."""

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline

from mes_server.api import (
    audit,
    bills,
    containers,
    costs,
    cycle_counts,
    erp,
    evidence,
    exports,
    feed,
    gateway_commands,
    gateways,
    health,
    history,
    imports,
    ingest,
    items,
    job_orders,
    kanban_cards,
    locations,
    lots,
    master_data,
    material_moves,
    material_orders,
    mrp_runs,
    order_changes,
    order_materials,
    order_reports,
    order_steps,
    people,
    plant,
    problems,
    proposals,
    purchase_orders,
    readiness,
    replenishment_loops,
    replenishments,
    reports,
    review,
    rework,
    routings,
    scrap_reports,
    serials,
    stock,
    tokens,
    trace,
    units,
    versions,
    webhooks,
    why,
    work_orders,
)
from mes_server.api.description import describe
from mes_server.api.own_messages import RefuseOwnMessages
from mes_server.api.server import Server

PREFIX = "/api/v1"


NOUNS = (
    people,
    tokens,
    audit,
    master_data,
    imports,
    items,
    bills,
    locations,
    containers,
    serials,
    cycle_counts,
    costs,
    material_orders,
    material_moves,
    routings,
    rework,
    order_changes,
    order_materials,
    order_reports,
    order_steps,
    readiness,
    work_orders,
    scrap_reports,
    units,
    stock,
    trace,
    lots,
    reports,
    history,
    replenishment_loops,
    replenishments,
    kanban_cards,
    purchase_orders,
    proposals,
    mrp_runs,
    review,
    evidence,
    why,
    plant,
    feed,
    ingest,
    gateway_commands,
    gateways,
    job_orders,
    versions,
    exports,
    webhooks,
    erp,
    health,
)
"""Every router; where paths overlap, the more telling one comes first."""


def build_app(server: Server) -> FastAPI:
    """The application that answers for `server`."""
    app = FastAPIOffline(
        redoc_url=None,
        title="Lineside",
        description="Orders, materials, ledger and replenishment of one plant.",
        version="1",
        # Otherwise Swagger UI asks a host on the internet whether our description is valid.
        swagger_ui_parameters={"validatorUrl": None},
    )
    app.state.server = server
    for noun in NOUNS:
        app.include_router(noun.router, prefix=PREFIX)
    problems.install(app)
    app.add_middleware(RefuseOwnMessages)
    describe(app)
    return app
