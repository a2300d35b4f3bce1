"""A proposal's life: proposed, then firm or rejected by a person, or superseded by a later planning run."""

from dataclasses import dataclass
from enum import StrEnum

from mes_server.domain.refusal import Refusal, Words, words

PROPOSAL = words("proposal", "建议")


class ProposalState(StrEnum):
    """Where a proposal is in its life."""

    PROPOSED = "proposed"
    FIRM = "firm"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


_STATE_WORDS = {
    ProposalState.PROPOSED: words("open", "待处理"),
    ProposalState.FIRM: words("firm already", "已确认"),
    ProposalState.REJECTED: words("rejected", "已拒绝"),
    ProposalState.SUPERSEDED: words("out of date: planning ran again", "已失效：已重新运行计划"),
}


@dataclass(kw_only=True, eq=False)
class ProposalDecided(Refusal):
    """It was decided before."""

    type = "proposal-decided"
    title = words("Proposal {number} is {state}.", "建议{number}{state}。")
    detail = words("Look at the list of open proposals.", "请查看待处理建议清单。")
    number: int
    state: Words


@dataclass(kw_only=True, eq=False)
class SupplierMissing(Refusal):
    """Nobody to buy from."""

    type = "supplier-missing"
    status = 422
    title = words("Nobody is named to buy {item} from.", "未指定{item}的供应商。")
    detail = words("Name a supplier.", "请指定供应商。")
    item: str


@dataclass(kw_only=True, eq=False)
class OtherSupplier(Refusal):
    """A purchase order has one supplier."""

    type = "other-supplier"
    title = words(
        "Purchase order {number} goes to {supplier}.", "采购订单{number}的供应商为{supplier}。"
    )
    detail = words("Give another number to make a new order.", "请使用其他编号新建订单。")
    number: str
    supplier: str


def check_open(*, number: int, state: ProposalState) -> None:
    """Raises ProposalDecided unless it still waits for a decision."""
    if state is not ProposalState.PROPOSED:
        raise ProposalDecided(number=number, state=_STATE_WORDS[state])
