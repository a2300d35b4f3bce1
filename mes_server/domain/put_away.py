"""Where a lot that arrived should lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from mes_server.domain.refusal import Refusal, Words, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """A bin, and what lies there."""

    code: str
    name: Words
    has_lot: bool
    has_item: bool
    empty: bool


@dataclass(kw_only=True, eq=False)
class NoBin(Refusal):
    """No bin suits."""

    type = "no-bin"
    title = words("No bin for {item} is free near {place}.", "{place}附近没有适合{item}的货位。")
    detail = words("Say where it is put.", "请指定存放货位。")
    item: str
    place: Words


def suggest_bin(bins: Sequence[Bin]) -> Bin | None:
    """The bin with the same lot, else with the same item, else an empty one, first by code; None when none suits."""
    suited = [one for one in bins if one.has_item or one.empty]
    return min(suited, key=lambda one: (not one.has_lot, not one.has_item, one.code), default=None)
