"""Operations of one order overlap: the next may work on a part of what the one before made, and on no more than that.

People's commands keep to it. A machine's facts are never refused: what it counted beyond is kept and shown.
"""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, words


@dataclass(kw_only=True, eq=False)
class NothingUpstream(Refusal):
    """Nothing to work on yet."""

    type = "nothing-upstream"
    title = words(
        "Work order {number} has nothing to work on here: the operation before made {upstream} good, "
        "{produced} of them are worked already.",
        "工单{number}在此无料可加工：上道工序良品{upstream}件，其中{produced}件已加工。",
    )
    detail = words(
        "Start it when the operation before has made more.", "请在上道工序产出更多良品后开工。"
    )
    number: str
    upstream: Decimal
    produced: Decimal


@dataclass(kw_only=True, eq=False)
class BeyondUpstream(Refusal):
    """More than the operation before made."""

    type = "beyond-upstream"
    title = words(
        "Work order {number}: the operation before made {upstream} good; with {more} more this one would have "
        "made {produced}.",
        "工单{number}：上道工序良品{upstream}件；再报{more}件后本工序将达{produced}件。",
    )
    detail = words(
        "Report at most {left} here, or have the operation before reported first.",
        "此处最多可报{left}件，或请先报上道工序的产量。",
    )
    number: str
    upstream: Decimal
    more: Decimal
    produced: Decimal
    """What this operation would have made."""
    left: Decimal


@dataclass(kw_only=True, eq=False)
class PassedOn(Refusal):
    """The next operation has these pieces already."""

    type = "passed-on"
    title = words(
        "Work order {number} made {good} good pieces here, and the next operation has worked {passed_on} of them; "
        "{quantity} cannot be taken off.",
        "工单{number}在此产出良品{good}件，下道工序已加工{passed_on}件，无法扣除{quantity}件。",
    )
    detail = words(
        "Enter the scrap at the next operation, where the pieces are.",
        "请在下道工序（产品所在处）录入报废。",
    )
    number: str
    good: Decimal
    passed_on: Decimal
    quantity: Decimal


def available(*, produced: Decimal, upstream_good: Decimal | None) -> Decimal | None:
    """Pieces of the operation before that wait to be worked; None for a first operation, which has none before it."""
    if upstream_good is None:
        return None
    return max(upstream_good - produced, Decimal(0))


def over_upstream(*, produced: Decimal, upstream_good: Decimal | None) -> Decimal:
    """What a machine counted beyond the good pieces of the operation before: kept, and for a person to look at."""
    if upstream_good is None:
        return Decimal(0)
    return max(produced - upstream_good, Decimal(0))


def check_something_upstream(
    number: str, *, produced: Decimal, upstream_good: Decimal | None
) -> None:
    """Refuse to start with nothing to work on; raises NothingUpstream."""
    if upstream_good is not None and not available(produced=produced, upstream_good=upstream_good):
        raise NothingUpstream(number=number, upstream=upstream_good, produced=produced)


def check_within_upstream(
    number: str, *, produced: Decimal, more: Decimal, upstream_good: Decimal | None
) -> None:
    """Refuse what a person reports beyond the good pieces of the operation before; raises BeyondUpstream."""
    left = available(produced=produced, upstream_good=upstream_good)
    if upstream_good is not None and left is not None and more > left:
        raise BeyondUpstream(
            number=number,
            upstream=upstream_good,
            more=more,
            produced=produced + more,
            left=left,
        )


def check_leaves_for_next(
    number: str, *, good: Decimal, passed_on: Decimal, quantity: Decimal
) -> None:
    """Refuse to take off good pieces that the next operation has worked already; raises PassedOn."""
    if passed_on > 0 and good - quantity < passed_on:
        raise PassedOn(number=number, good=good, passed_on=passed_on, quantity=quantity)
