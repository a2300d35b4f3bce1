"""Proposals of what should be bought or made."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_one

_SQL = load("proposals")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRow:
    """A proposal and what it became."""

    id: int
    kind: str
    state: str
    item: str
    item_name: dict[str, str]
    unit: str
    location: str
    supplier: str | None
    quantity: Decimal
    proposed_quantity: Decimal
    start_at: datetime
    due_at: datetime
    late: bool
    run: int | None
    projected: Decimal | None
    why: dict[str, Any]
    pegs: list[dict[str, Any]]
    raised_at: datetime
    decided_at: datetime | None
    decision: str
    order: str | None
    cards: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedProposal:
    """A proposal that is about to be decided."""

    id: int
    kind: str
    state: str
    item_id: int
    item: str
    unit: str
    standard_cost: Decimal
    location_id: int
    supplier: str | None
    quantity: Decimal
    due_at: datetime
    run_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalFilter:
    """Which proposals are asked for; `before` is the last id of the page before."""

    id: int | None = None
    states: Sequence[str] | None = None
    kind: str | None = None
    item: str | None = None
    run: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a proposal."""

    state: str
    decision: str
    purchase_line_id: int | None = None
    work_order_id: int | None = None


async def find_proposals(
    connection: Connection, which: ProposalFilter, *, now: datetime, limit: int
) -> list[ProposalRow]:
    """Proposals, newest first."""
    values = {**asdict(which), "now": now, "limit": limit}
    values["states"] = None if which.states is None else list(which.states)
    return await fetch_all(connection, ProposalRow, _SQL["find"], values)


async def place_of(connection: Connection, proposal_id: int) -> frozenset[tuple[int, int]]:
    """(item, location) of the proposal; empty when there is no such proposal."""
    cursor = await connection.execute(_SQL["place_of"], {"id": proposal_id})
    return frozenset((item, place) for item, place in await cursor.fetchall())


async def lock_proposal(connection: Connection, proposal_id: int) -> LockedProposal | None:
    """The proposal, locked until the transaction ends."""
    return await fetch_one(connection, LockedProposal, _SQL["lock"], {"id": proposal_id})


async def decide(
    connection: Connection,
    proposal_id: int,
    decision: Decision,
    *,
    now: datetime,
    person_id: int | None,
) -> None:
    """Keep the decision."""
    values = {**asdict(decision), "id": proposal_id, "now": now, "person_id": person_id}
    await connection.execute(_SQL["decide"], values)


async def change(
    connection: Connection,
    proposal_id: int,
    *,
    quantity: Decimal | None,
    due_at: datetime | None,
    supplier_id: int | None,
    decision: str,
) -> None:
    """Change a proposal; what is None stays."""
    values = {
        "id": proposal_id,
        "quantity": quantity,
        "due_at": due_at,
        "supplier_id": supplier_id,
        "decision": decision,
    }
    await connection.execute(_SQL["change"], values)
