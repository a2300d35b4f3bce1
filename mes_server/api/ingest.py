"""Facts from the gateway: committed, then acknowledged."""

from fastapi import APIRouter, Depends, Request, Response

from gateway.contract.codec import Malformed, decode, encode
from gateway.contract.uplink import FACTS_PER_BATCH_MAX, IngestRequest
from mes_server.api.access import gateway_only
from mes_server.api.server import ServerHere, wake_readers
from mes_server.operations.ingest_facts import ingest_facts

router = APIRouter(
    prefix="/ingest", tags=["gateway"], dependencies=[Depends(gateway_only), Depends(wake_readers)]
)


@router.post("/facts")
async def post_facts(server: ServerHere, request: Request) -> Response:
    """Commit a batch (IngestRequest) in one transaction and answer with the marks (IngestReply), in this order."""
    batch = decode(await request.body(), IngestRequest)
    if sum(len(source.facts) for source in batch.sources) > FACTS_PER_BATCH_MAX:
        raise Malformed(f"more than {FACTS_PER_BATCH_MAX} facts in one batch")
    reply = await ingest_facts(server.pool, batch, now=server.clock.now())
    return Response(encode(reply), media_type="application/json")
