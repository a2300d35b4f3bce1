"""The outbox for the ERP system: documents to pull after a sequence, to acknowledge, and to reconcile."""

from dataclasses import asdict
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import AskingHere, CallHere, readers_of, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.erp import (
    ErpAcknowledged,
    ErpAcknowledgement,
    ErpCut,
    ErpDocument,
    ErpResend,
    ErpResent,
    ErpTotals,
)
from mes_server.domain.b2mml import to_xml
from mes_server.domain.erp_document import ERP_DOCUMENT
from mes_server.domain.refusal import NotFound
from mes_server.operations import cut_erp_documents
from mes_server.operations.resend_erp_documents import resend_documents
from mes_server.storage import erp_outbox
from mes_server.storage.erp_outbox import DocumentFilter

router = APIRouter(
    prefix="/erp",
    tags=["ERP"],
    dependencies=[
        Depends(screens_only),
        Depends(wake_readers),
        Depends(readers_of("acknowledge-erp")),
    ],
)


@router.get("/documents")
async def get_documents(
    server: ServerHere,
    response: Response,
    kind: Literal["production", "receipt", "inventory"] | None = None,
    order: Annotated[str | None, Query(max_length=64, description="Work order")] = None,
    acknowledged: Annotated[
        bool | None, Query(description="false: only what was not acknowledged yet")
    ] = None,
    after: Annotated[int, Query(ge=0, description="The last sequence that you have")] = 0,
    limit: Limit = 100,
) -> list[ErpDocument]:
    """Documents after a sequence, in their order. For the ERP system's token, engineers and administrators."""
    which = DocumentFilter(after=after, kind=kind, order=order, acknowledged=acknowledged)
    async with server.pool.connection() as connection:
        rows = await erp_outbox.find(connection, which, limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].sequence if rows else after)
    return [ErpDocument.model_validate(cut_erp_documents.envelope(row)) for row in rows]


@router.get(
    "/documents/{document_id}.xml",
    response_class=Response,
    responses={200: {"content": {"application/xml": {}}}},
)
async def get_document_xml(server: ServerHere, document_id: UUID) -> Response:
    """One document as XML in the element structure of B2MML V0701 (OperationsPerformance)."""
    async with server.pool.connection() as connection:
        rows = await erp_outbox.find(connection, DocumentFilter(id=document_id), limit=1)
    if not rows:
        raise NotFound(what=ERP_DOCUMENT, name=str(document_id))
    return Response(to_xml(cut_erp_documents.envelope(rows[0])), media_type="application/xml")


@router.get("/documents/{document_id}")
async def get_document(server: ServerHere, document_id: UUID) -> ErpDocument:
    """One document."""
    async with server.pool.connection() as connection:
        rows = await erp_outbox.find(connection, DocumentFilter(id=document_id), limit=1)
    if not rows:
        raise NotFound(what=ERP_DOCUMENT, name=str(document_id))
    return ErpDocument.model_validate(cut_erp_documents.envelope(rows[0]))


@router.post("/documents")
async def post_cut(server: ServerHere, asking: AskingHere) -> ErpCut:
    """Cut what was booked so far into documents now, without waiting for the next time."""
    count = await cut_erp_documents.cut_documents(server.pool, now=asking.now, mint=server.mint)
    return ErpCut(documents=count)


@router.post("/acknowledgements")
async def post_acknowledgement(
    server: ServerHere, call: CallHere, body: ErpAcknowledgement
) -> ErpAcknowledged:
    """Everything up to a sequence is safe in the ERP system; the documents stay and can be read again."""
    answer = await cut_erp_documents.acknowledge_documents(server.pool, call, through=body.through)
    return ErpAcknowledged.model_validate(answer)


@router.post("/resend")
async def post_resend(server: ServerHere, call: CallHere, body: ErpResend) -> ErpResent:
    """Push documents once more through a webhook, in their order and under their own ids, behind what waits there.

    A thousand at a time: ask again with `after` what the answer calls `through`.
    """
    answer = await resend_documents(
        server.pool, call, webhook_id=body.webhook, after=body.after, through=body.through
    )
    return ErpResent.model_validate(answer)


@router.get("/totals")
async def get_totals(server: ServerHere) -> ErpTotals:
    """All documents together, to reconcile: their postings are the ledger's since the outbox began."""
    async with server.pool.connection() as connection:
        return ErpTotals.model_validate(asdict(await erp_outbox.totals(connection)))
