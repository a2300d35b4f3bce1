"""Where the classes A and B end, in per cent of the consumption value."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, words


@dataclass(kw_only=True, eq=False)
class SharesCrossed(Refusal):
    """B would end before A."""

    type = "shares-crossed"
    status = 422
    title = words(
        "Class B cannot end at {b} % when A ends at {a} %.", "A 类到{a}%，B 类不能止于{b}%。"
    )
    detail = words("Give B a larger share than A.", "B 类的累计占比应大于 A 类。")
    a: Decimal
    b: Decimal


def check_shares(*, a_percent: Decimal, b_percent: Decimal) -> None:
    """Raises SharesCrossed unless A ends before B."""
    if b_percent < a_percent:
        raise SharesCrossed(a=a_percent, b=b_percent)
