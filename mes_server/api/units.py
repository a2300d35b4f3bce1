"""A unit's queue, and the lots mounted at it."""

from typing import Any

from fastapi import APIRouter, Depends

from mes_server.api.access import CallHere, screens_only
from mes_server.api.language import Language
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.stock import LotScan, LotUnmount, Mounted
from mes_server.contract.work_orders import QueueEntry
from mes_server.operations.mount_lot import LabelScan, mount_lot
from mes_server.operations.queue import QueuedOperation, read_queue
from mes_server.operations.unmount_lot import unmount_lot

router = APIRouter(
    prefix="/units", tags=["units"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)


@router.get("/{path:path}/queue")
async def get_queue(server: ServerHere, path: str, language: Language) -> list[QueueEntry]:
    """Orders that may run here, the running one first, with their materials and what keeps them from starting."""
    queue = await read_queue(server.pool, unit=path, now=server.clock.now())
    return [_entry(entry, language) for entry in queue]


@router.post("/{path:path}/mount")
async def post_mount(server: ServerHere, call: CallHere, path: str, body: LotScan) -> Mounted:
    """Mount the lot of a scanned label."""
    scan = LabelScan(barcode=body.barcode, override_reason=body.override_reason)
    return Mounted.model_validate(await mount_lot(server.pool, call, unit=path, scan=scan))


@router.post("/{path:path}/unmount")
async def post_unmount(
    server: ServerHere, call: CallHere, path: str, body: LotUnmount
) -> LotUnmount:
    """Take a lot off."""
    answer = await unmount_lot(server.pool, call, unit=path, item=body.item, lot=body.lot)
    return LotUnmount.model_validate(answer)


def _entry(entry: QueuedOperation, language: str) -> QueueEntry:
    materials: list[dict[str, Any]] = [
        {
            "item": need.item,
            "item_name": need.item_name,
            "unit": need.unit,
            "required": f"{need.required:f}",
            "line_side": f"{need.line_side:f}",
            "elsewhere": f"{need.elsewhere:f}",
            "ready": need.ready,
        }
        for need in entry.materials
    ]
    return QueueEntry.model_validate(
        {
            "number": entry.number,
            "operation": entry.operation,
            "materials": materials,
            "blocked_by": [" ".join(refusal.say(language)) for refusal in entry.blocked_by],
        }
    )
