"""People decide about proposals: firm them into purchase orders and work orders, change them, or reject them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.loop_setting import SUPPLIER
from mes_server.domain.proposal import (
    PROPOSAL,
    OtherSupplier,
    ProposalState,
    SupplierMissing,
    check_open,
)
from mes_server.domain.refusal import NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.create_work_order import NewOrder, plan_order
from mes_server.operations.order_outcome import whole_order_outcome
from mes_server.operations.purchase_order import locked_purchase, new_purchase
from mes_server.storage import cards, ledger, proposals, purchases, suppliers
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched

PRIORITY = 100
OVER_PERCENT = Decimal(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firming:
    """How a proposal becomes an order; None: as the proposal, the item or its routing say."""

    id: int
    number: str
    supplier: str | None
    price: Decimal | None
    equipment: str | None
    reason: str


async def firm_proposal(pool: Pool, call: Call, firming: Firming) -> Answer:
    """Make the order. Answers {id, order}.

    Raises NotFound, ProposalDecided, SupplierMissing, OtherSupplier, PurchaseEnded; for work orders what creating one
    raises.
    """

    async def work(transaction: Transaction) -> Outcome:
        # goods that arrive lock their purchase order before the place; whoever adds a line does too
        await purchases.lock_purchase(transaction.connection, firming.number)
        proposal = await _locked(transaction.connection, firming.id)
        touched = Touched(stock=frozenset({(proposal.item_id, proposal.location_id)}))
        if proposal.kind == "purchase":
            line = await _buy(transaction, proposal, firming)
            became = proposals.Decision(
                state=ProposalState.FIRM.value, decision=firming.reason, purchase_line_id=line
            )
        else:
            order = await _make(transaction, proposal, firming)
            became = proposals.Decision(
                state=ProposalState.FIRM.value, decision=firming.reason, work_order_id=order
            )
            touched |= (await whole_order_outcome(transaction, order)).touched
        await proposals.decide(
            transaction.connection,
            proposal.id,
            became,
            now=transaction.now,
            person_id=transaction.person_id,
        )
        return Outcome(
            answer={"id": proposal.id, "order": firming.number},
            touched=touched,
            places=frozenset({(proposal.item_id, proposal.location_id)}),  # further empty cards
        )

    return await run_command(pool, call, kind="firm-proposal", given=asdict(firming), work=work)


async def reject_proposal(pool: Pool, call: Call, *, proposal_id: int, reason: str) -> Answer:
    """Reject it; a loop proposes again when stock next changes there. Answers {id}.

    Raises NotFound or ProposalDecided.
    """

    async def work(transaction: Transaction) -> Outcome:
        proposal = await _locked(transaction.connection, proposal_id)
        await proposals.decide(
            transaction.connection,
            proposal.id,
            proposals.Decision(state=ProposalState.REJECTED.value, decision=reason),
            now=transaction.now,
            person_id=transaction.person_id,
        )
        await cards.leave_proposal(
            transaction.connection,
            proposal.id,
            now=transaction.now,
            person_id=transaction.person_id,
        )
        return _outcome(proposal)

    given = {"proposal": proposal_id, "reason": reason}
    return await run_command(pool, call, kind="reject-proposal", given=given, work=work)


async def change_proposal(
    pool: Pool,
    call: Call,
    *,
    proposal_id: int,
    quantity: Decimal | None,
    due_at: datetime | None,
    supplier: str | None,
    reason: str,
) -> Answer:
    """Change quantity, date (the start moves along) or supplier. Answers {id}; raises NotFound or ProposalDecided."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        proposal = await _locked(connection, proposal_id)
        chosen = None
        if supplier is not None:
            found = await suppliers.find_supplier(connection, supplier)
            if found is None:
                raise NotFound(what=SUPPLIER, name=supplier)
            chosen = found.id
        await proposals.change(
            connection,
            proposal.id,
            quantity=quantity,
            due_at=due_at,
            supplier_id=chosen,
            decision=reason,
        )
        return _outcome(proposal)

    given = {
        "proposal": proposal_id,
        "quantity": quantity,
        "due_at": due_at,
        "supplier": supplier,
        "reason": reason,
    }
    return await run_command(pool, call, kind="change-proposal", given=given, work=work)


def _outcome(proposal: proposals.LockedProposal) -> Outcome:
    stock = frozenset({(proposal.item_id, proposal.location_id)})
    return Outcome(answer={"id": proposal.id}, touched=Touched(stock=stock))


async def _locked(connection: Connection, proposal_id: int) -> proposals.LockedProposal:
    await ledger.lock(connection, await proposals.place_of(connection, proposal_id))
    found = await proposals.lock_proposal(connection, proposal_id)
    if found is None:
        raise NotFound(what=PROPOSAL, name=str(proposal_id))
    check_open(number=found.id, state=ProposalState(found.state))
    return found


async def _buy(
    transaction: Transaction, proposal: proposals.LockedProposal, firming: Firming
) -> int:
    """A line of the purchase order of that number, which is made when it is new; the line's id."""
    connection = transaction.connection
    supplier = firming.supplier or proposal.supplier
    if supplier is None:
        raise SupplierMissing(item=proposal.item)
    if await purchases.lock_purchase(connection, firming.number) is None:
        order_id = await new_purchase(transaction, number=firming.number, supplier=supplier)
    else:
        order, _ = await locked_purchase(connection, firming.number)
        if order.supplier != supplier:
            raise OtherSupplier(number=order.number, supplier=order.supplier)
        order_id = order.id
    return await purchases.add_line(
        connection,
        order_id,
        purchases.NewLine(
            item_id=proposal.item_id,
            location_id=proposal.location_id,
            quantity=proposal.quantity,
            unit=proposal.unit,
            unit_quantity=proposal.quantity,
            price=proposal.standard_cost if firming.price is None else firming.price,
            due_at=proposal.due_at,
            over_percent=Decimal(0),
        ),
    )


async def _make(
    transaction: Transaction, proposal: proposals.LockedProposal, firming: Firming
) -> int:
    """A work order, not allowed to start; its id."""
    return await plan_order(
        transaction,
        NewOrder(
            number=firming.number,
            item=proposal.item,
            quantity=proposal.quantity,
            equipment=firming.equipment,
            due_at=proposal.due_at,
            priority=PRIORITY,
            over_percent=OVER_PERCENT,
        ),
    )
