"""Differences that people book: how much they may be worth, who approves, and what can be reversed."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, words

ADJUSTMENT = words("adjustment", "库存调整")
REVERSIBLE = frozenset(
    {"receive", "transfer", "issue", "return", "backflush", "weigh", "adjust", "count"}
)
"""Kinds of movement that a mirrored posting takes back."""


@dataclass(kw_only=True, eq=False)
class AlreadyReversed(Refusal):
    """Once is enough."""

    type = "already-reversed"
    title = words("Movement {id} is reversed already.", "流水{id}已被冲销。")
    detail = words(
        "Look at the ledger; book it anew if it is needed.", "请查看流水；如需要请重新登记。"
    )
    id: int


@dataclass(kw_only=True, eq=False)
class NotReversible(Refusal):
    """Counts and scrap entries are corrected where they were made."""

    type = "not-reversible"
    title = words("A movement of kind {kind} is not reversed here.", "“{kind}”类流水不能在此冲销。")
    detail = words(
        "Take back the scrap entry, or report scrap for pieces that are not good; a reversal is not reversed, "
        "book the movement anew.",
        "请撤销报废记录，或为不良品登记报废；冲销流水不可再冲销，请重新登记。",
    )
    kind: str


@dataclass(kw_only=True, eq=False)
class OwnAdjustment(Refusal):
    """Four eyes: nobody approves what he asked for."""

    type = "own-adjustment"
    status = 403
    title = words("{person} asked for this adjustment.", "该调整由{person}提出。")
    detail = words("Have somebody else look at it and decide.", "请由他人复核并决定。")
    person: str


@dataclass(kw_only=True, eq=False)
class AlreadyDecided(Refusal):
    """The adjustment waits no more."""

    type = "already-decided"
    title = words("Adjustment {id} is decided already.", "调整{id}已处理。")
    detail = words("Look at what was decided.", "请查看处理结果。")
    id: int


def check_reversible(*, movement_id: int, kind: str, reversed_by: int | None) -> None:
    """Refuse a movement that was reversed, or that is corrected in another way."""
    if kind not in REVERSIBLE:
        raise NotReversible(kind=kind)
    if reversed_by is not None:
        raise AlreadyReversed(id=movement_id)


def needs_approval(*, quantity: Decimal, unit_cost: Decimal, limit: Decimal) -> bool:
    """Whether a difference is worth more than may be booked without another person."""
    return abs(quantity) * unit_cost > limit
