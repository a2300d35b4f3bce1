"""Places as a tree: what may lie in what, and when a place may be closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words

ACCOUNTS = frozenset({"supplier", "customer", "production", "consumption", "adjustment"})
"""The other side of the double entry; people never move, rename or close these."""
GROUPS = frozenset({"site"})
"""Kinds that hold other places and no stock."""
_INSIDE: Mapping[str, frozenset[str]] = {
    "site": frozenset({"site"}),
    "bin": frozenset(
        {"site", "store", "quarantine", "finished", "scrap", "line_side", "in_transit"}
    ),
}
_ANYWHERE = frozenset({"site", "store"})
KIND_WORDS: Mapping[str, Words] = {
    "site": words("site", "厂区"),
    "store": words("store", "仓库"),
    "bin": words("bin", "货位"),
    "line_side": words("line side", "线边库位"),
    "in_transit": words("place in transit", "在途库位"),
    "quarantine": words("quarantine", "隔离库位"),
    "scrap": words("scrap place", "报废库位"),
    "finished": words("finished goods", "成品库位"),
}
"""Kind of place -> what people call it."""


@dataclass(kw_only=True, eq=False)
class PlaceLoops(Refusal):
    """A place would lie inside itself."""

    type = "place-loops"
    status = 422
    title = words("{place} would lie inside itself: {path}.", "库位{place}将包含自身：{path}。")
    detail = words("Choose another parent.", "请选择其他上级库位。")
    place: str
    path: str


@dataclass(kw_only=True, eq=False)
class WrongParent(Refusal):
    """A kind of place that does not lie in such a place."""

    type = "wrong-parent"
    status = 422
    title = words("A {kind} does not lie in a {parent}.", "“{kind}”不能位于“{parent}”中。")
    detail = words(
        "Sites hold sites and stores, stores hold bins and other places.",
        "厂区下可设厂区和仓库，仓库下可设货位及其他库位。",
    )
    kind: Words
    parent: Words


@dataclass(kw_only=True, eq=False)
class PlaceInUse(Refusal):
    """Something is there, or needs the place."""

    type = "place-in-use"
    title = words("{place} is still in use: {uses}.", "{place}仍在使用：{uses}。")
    detail = words(
        "Move its stock away and take it out of what uses it, then close it.",
        "请先移走库存并解除引用，然后停用。",
    )
    place: Words
    uses: tuple[Words, ...]


@dataclass(kw_only=True, eq=False)
class PlaceClosed(Refusal):
    """No stock goes to a place that was closed."""

    type = "place-closed"
    title = words("{place} is closed.", "{place}已停用。")
    detail = words("Choose another place, or have it opened again.", "请选择其他库位，或重新启用。")
    place: Words


@dataclass(kw_only=True, eq=False)
class KindFixed(Refusal):
    """What lies at a place keeps its meaning."""

    type = "kind-fixed"
    title = words(
        "{place} holds stock; its kind stays {kind}.", "{place}有库存，类型不能由“{kind}”更改。"
    )
    detail = words(
        "Move its stock away first, or create another place.", "请先移走库存，或新建库位。"
    )
    place: Words
    kind: Words


STOCK_THERE = words("stock lies there", "有库存")
PLACES_INSIDE = words("open places lie in it", "下级库位仍启用")
UNIT_USES_IT = words("a unit takes from or delivers to it", "有设备使用该库位")
LOOP_USES_IT = words("a replenishment loop uses it", "有补料回路使用该库位")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What keeps a place from being closed."""

    stock: Decimal
    open_places: int
    units: int
    loops: int


def kind_words(kind: str) -> Words:
    """What people call a kind of place."""
    return KIND_WORDS.get(kind) or words(kind, kind)


def check_parent(*, code: str, kind: str, parent_kind: str | None, above: tuple[str, ...]) -> None:
    """Refuse a parent that cannot hold this kind, or that lies inside the place; `above`: parent and its parents."""
    if parent_kind is None:
        return
    if code in above:
        path = " → ".join(reversed([code, *above[: above.index(code) + 1]]))
        raise PlaceLoops(place=code, path=path)
    if parent_kind not in _INSIDE.get(kind, _ANYWHERE):
        raise WrongParent(kind=kind_words(kind), parent=kind_words(parent_kind))


def check_close(place: Words, uses: Uses) -> None:
    """Refuse to close a place that is in use."""
    found = [
        said
        for used, said in (
            (uses.stock != 0, STOCK_THERE),
            (uses.open_places > 0, PLACES_INSIDE),
            (uses.units > 0, UNIT_USES_IT),
            (uses.loops > 0, LOOP_USES_IT),
        )
        if used
    ]
    if found:
        raise PlaceInUse(place=place, uses=tuple(found))
