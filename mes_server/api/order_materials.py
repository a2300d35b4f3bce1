"""What an order consumes and puts out: its components, substitutes, co- and by-products, and the bill frozen anew."""

from dataclasses import asdict

from fastapi import APIRouter, Depends

from mes_server.api.access import AskingHere, CallHere, screens_only
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.feed import OrderCard
from mes_server.contract.order_changes import (
    BillDifference,
    OrderComponent,
    OrderOutput,
    Refreeze,
    Refrozen,
    SubstituteEntry,
)
from mes_server.operations.refreeze_bill import preview_refreeze, refreeze_bill
from mes_server.operations.substitute_component import Substitution, substitute_component
from mes_server.storage import components

router = APIRouter(
    prefix="/work-orders",
    tags=["work orders"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.get("/{number:path}/components")
async def get_components(server: ServerHere, number: str) -> list[OrderComponent]:
    """What the operations of an order consume, with standard and issued; components out of use too."""
    async with server.pool.connection() as connection:
        rows = await components.used(connection, number)
    return [OrderComponent.model_validate(asdict(row)) for row in rows]


@router.get("/{number:path}/outputs")
async def get_outputs(server: ServerHere, number: str) -> list[OrderOutput]:
    """Co- and by-products of an order: how much is posted, into which lot, where."""
    async with server.pool.connection() as connection:
        rows = await components.outputs(connection, number)
    return [OrderOutput.model_validate(asdict(row)) for row in rows]


@router.get("/{number:path}/refreeze")
async def get_refreeze(server: ServerHere, asking: AskingHere, number: str) -> list[BillDifference]:
    """What freezing the bill in force would change now; empty when nothing."""
    found = await preview_refreeze(server.pool, asking, number=number)
    return [BillDifference.model_validate(asdict(one)) for one in found]


@router.post("/{number:path}/refreeze")
async def post_refreeze(
    server: ServerHere, call: CallHere, number: str, body: Refreeze
) -> Refrozen:
    """Freeze the bill in force on the order: what is consumed from now on changes, what was issued stays."""
    answer = await refreeze_bill(server.pool, call, number=number, reason=body.reason)
    return Refrozen.model_validate(answer)


@router.post("/{number:path}/substitute")
async def post_substitute(
    server: ServerHere, call: CallHere, number: str, body: SubstituteEntry
) -> OrderCard:
    """Use a substitute in a component's place from now on."""
    substitution = Substitution(
        component=body.component,
        substitute=body.substitute,
        ratio=body.ratio,
        reason=body.reason,
    )
    answer = await substitute_component(
        server.pool, call, number=number, operation=body.operation, substitution=substitution
    )
    return OrderCard.model_validate(answer)
