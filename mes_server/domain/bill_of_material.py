"""Bills of material: what so much of an item needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from mes_server.domain.refusal import Refusal, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """`quantity` of `item` for each `base_quantity` of the bill's item."""

    item: str
    quantity: Decimal
    base_quantity: Decimal
    scrap_percent: Decimal = Decimal(0)
    """Loss on the way in: 2 means that 102 are taken for 100 used."""
    measured: bool = False
    """True: booked as weighed or issued, never backflushed."""


@dataclass(kw_only=True, eq=False)
class BillLoops(Refusal):
    """An item would be made of itself."""

    type = "bill-loops"
    status = 422
    title = words("A bill of material contains itself: {path}.", "物料清单存在循环：{path}。")
    detail = words("Take one of these components out.", "请从中移除一个组件。")
    path: str


@dataclass(kw_only=True, eq=False)
class ComponentTwice(Refusal):
    """A bill names an item twice."""

    type = "component-twice"
    status = 422
    title = words(
        "The bill of {item} names {component} twice.", "{item}的物料清单中{component}重复。"
    )
    detail = words("Add the two quantities up in one line.", "请将数量合并为一行。")
    item: str
    component: str


def requirement(component: Component, produced: Decimal) -> Fraction:
    """How much of the component `produced` pieces take, exactly."""
    loss = 1 + Fraction(component.scrap_percent) / 100
    return (
        Fraction(produced) * Fraction(component.quantity) * loss / Fraction(component.base_quantity)
    )


def check_bills(bills: Mapping[str, Sequence[str]]) -> None:
    """Refuse bills (item -> component items) that name a component twice or lead back to their own item."""
    for item, components in bills.items():
        seen: set[str] = set()
        for component in components:
            if component in seen:
                raise ComponentTwice(item=item, component=component)
            seen.add(component)
    done: set[str] = set()
    for start in bills:
        _walk(start, bills, done)


def _walk(start: str, bills: Mapping[str, Sequence[str]], done: set[str]) -> None:
    """Depth first without recursion; raises BillLoops at the first way back."""
    path: list[str] = []
    todo: list[tuple[str, bool]] = [(start, False)]
    while todo:
        item, leaving = todo.pop()
        if leaving:
            path.pop()
            done.add(item)
        elif item in path:
            raise BillLoops(path=" → ".join([*path[path.index(item) :], item]))
        elif item not in done:
            path.append(item)
            todo.append((item, True))
            todo.extend((component, False) for component in bills.get(item, ()))
