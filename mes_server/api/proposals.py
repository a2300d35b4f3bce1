"""Proposals of what should be bought or made: listed, made firm, changed, rejected."""

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import Server, ServerHere, wake_readers
from mes_server.contract.purchasing import (
    Proposal,
    ProposalChange,
    ProposalFirm,
    ProposalRejection,
)
from mes_server.domain.proposal import PROPOSAL
from mes_server.domain.refusal import NotFound
from mes_server.operations.decide_proposal import (
    Firming,
    change_proposal,
    firm_proposal,
    reject_proposal,
)
from mes_server.storage.proposals import ProposalFilter, find_proposals

router = APIRouter(
    prefix="/proposals",
    tags=["purchasing"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)
State = Literal["proposed", "firm", "rejected", "superseded"]


@router.get("")
async def get_proposals(
    server: ServerHere,
    response: Response,
    state: Annotated[list[State] | None, Query(max_length=4)] = None,
    kind: Literal["purchase", "make"] | None = None,
    item: Annotated[str | None, Query(max_length=64)] = None,
    run: Annotated[int | None, Query(ge=1)] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[Proposal]:
    """Proposals, newest first; `after` is the last id of the page before."""
    which = ProposalFilter(states=state, kind=kind, item=item, run=run, before=after)
    async with server.pool.connection() as connection:
        rows = await find_proposals(connection, which, now=server.clock.now(), limit=limit)
    mark_next(response, rows, limit=limit, after=rows[-1].id if rows else after)
    return [Proposal.model_validate(asdict(row)) for row in rows]


@router.post("/{proposal}/firm")
async def post_firm(
    server: ServerHere, call: CallHere, proposal: int, body: ProposalFirm
) -> Proposal:
    """The proposal becomes a line of a purchase order, or a work order that is not released yet."""
    await firm_proposal(server.pool, call, Firming(id=proposal, **body.model_dump()))
    return await _proposal(server, proposal)


@router.post("/{proposal}/change")
async def post_change(
    server: ServerHere, call: CallHere, proposal: int, body: ProposalChange
) -> Proposal:
    """Another quantity, date or supplier; what was proposed first stays visible."""
    await change_proposal(server.pool, call, proposal_id=proposal, **body.model_dump())
    return await _proposal(server, proposal)


@router.post("/{proposal}/reject")
async def post_reject(
    server: ServerHere, call: CallHere, proposal: int, body: ProposalRejection
) -> Proposal:
    """Not wanted. A loop proposes again when stock next changes there."""
    await reject_proposal(server.pool, call, proposal_id=proposal, reason=body.reason)
    return await _proposal(server, proposal)


async def _proposal(server: Server, number: int) -> Proposal:
    async with server.pool.connection() as connection:
        rows = await find_proposals(
            connection, ProposalFilter(id=number), now=server.clock.now(), limit=1
        )
    if not rows:
        raise NotFound(what=PROPOSAL, name=str(number))
    return Proposal.model_validate(asdict(rows[0]))
