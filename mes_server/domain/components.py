"""Components that change while an order runs: from the produced quantity on at which they did, exactly.

What was issued stays issued. The standard of a component is what its earlier statements came to, plus its present one for
what was produced since, rounded once when it is booked. Where a statement had it measured, the actual quantity replaces the
standard of that time for good. The set-based path does the same (`storage/components.sql`, `storage/ingest.sql`), and puts
late facts to the statement of their time (`storage/statements.sql`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from mes_server.domain.bill_of_material import Component, requirement
from mes_server.domain.refusal import Refusal, words
from mes_server.domain.units import booked

LEDGER_STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentInUse:
    """A component of an operation as it is stated now."""

    component: Component
    produced_from: Decimal = Decimal(0)
    """Produced quantity at which it came into use as stated now."""
    standard_before: Decimal = Decimal(0)
    """What its earlier statements came to."""
    issued: Decimal = Decimal(0)
    issued_from: Decimal = Decimal(0)
    """What was issued when it came into use as stated now."""
    settled: Decimal = Decimal(0)
    """What was issued beyond the standard while earlier statements had it measured (negative: less)."""

    def standard(self, produced: Decimal) -> Decimal:
        """What `produced` pieces should have taken of it, all told."""
        since = max(produced - self.produced_from, Decimal(0))
        return self.standard_before + booked(requirement(self.component, since))

    def backflush(self, produced: Decimal) -> Decimal:
        """What is still to be booked: nothing of what is measured, and of what was measured nothing more."""
        if self.component.measured:
            return Decimal(0)
        return max(self.standard(produced) - self.issued + self.settled, Decimal(0))

    def restated(self, component: Component, *, produced: Decimal) -> "ComponentInUse":
        """The component stated anew from this produced quantity on; what was measured until now stays actual."""
        standard = self.standard(produced)
        measured = self.issued - self.issued_from - (standard - self.standard_before)
        return ComponentInUse(
            component=component,
            produced_from=produced,
            standard_before=standard,
            issued=self.issued,
            issued_from=self.issued,
            settled=self.settled + (measured if self.component.measured else Decimal(0)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BillDifference:
    """What a re-freeze would change of one component of one operation."""

    operation: int
    item: str
    kind: Literal["added", "removed", "changed"]
    before: str
    """As people read it; empty for an added one."""
    after: str


@dataclass(kw_only=True, eq=False)
class NothingToRefreeze(Refusal):
    """The order has the bill in force already."""

    type = "nothing-to-refreeze"
    title = words(
        "Work order {number} consumes what the bill in force says already.",
        "工单{number}的用料与现行物料清单一致。",
    )
    detail = words("Nothing has to be done.", "无需操作。")
    number: str


@dataclass(kw_only=True, eq=False)
class NotAComponent(Refusal):
    """The operation does not use that item."""

    type = "not-a-component"
    status = 422
    title = words(
        "Operation {operation} of work order {number} does not use {item} now.",
        "工单{number}工序{operation}当前不使用{item}。",
    )
    detail = words("It uses: {items}.", "当前使用：{items}。")
    number: str
    operation: int
    item: str
    items: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class NotPermitted(Refusal):
    """Not on the list of substitutes, and no ratio was given."""

    type = "substitute-not-permitted"
    status = 422
    title = words(
        "{substitute} is not a permitted substitute for {item} on work order {number}.",
        "{substitute}不是工单{number}中{item}的许可替代料。",
    )
    detail = words(
        "Permitted: {permitted}. Quality or a manager may take another one by giving its ratio and a reason.",
        "许可替代料：{permitted}。质检或经理可填写比例和原因使用其他替代料。",
    )
    number: str
    item: str
    substitute: str
    permitted: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class AlreadyUsed(Refusal):
    """The substitute is a component of its own right."""

    type = "already-a-component"
    title = words(
        "Operation {operation} of work order {number} uses {item} already.",
        "工单{number}工序{operation}已在使用{item}。",
    )
    detail = words("Choose another substitute.", "请选择其他替代料。")
    number: str
    operation: int
    item: str


@dataclass(kw_only=True, eq=False)
class WeighedInAnotherUnit(Refusal):
    """What is weighed as one item cannot be booked as another one that is counted in another unit."""

    type = "weighed-in-another-unit"
    status = 422
    title = words(
        "{item} is measured in {unit}; {substitute} is kept in {other}, which its scale does not tell.",
        "{item}按{unit}计量；{substitute}的库存单位为{other}，该秤无法计量。",
    )
    detail = words(
        "Choose a substitute that is kept in {unit}, or freeze a bill first in which {item} is not measured.",
        "请选择库存单位为{unit}的替代料，或先冻结{item}不计量的物料清单。",
    )
    item: str
    unit: str
    substitute: str
    other: str


def in_place_of(component: Component, *, substitute: str, ratio: Decimal) -> Component:
    """The substitute as a component: `ratio` of it for one of the component, exactly.

    When quantity times ratio has more decimals than the ledger, both sides of the statement grow by a power of ten.
    """
    exact = Fraction(component.quantity) * Fraction(ratio)
    scale = 1
    while (exact * scale / Fraction(LEDGER_STEP)).denominator > 1:
        scale *= 10
    return Component(
        item=substitute,
        quantity=booked(exact * scale),
        base_quantity=component.base_quantity * scale,
        scrap_percent=component.scrap_percent,
        measured=component.measured,
    )


def stated(component: Component) -> tuple[Fraction, bool]:
    """What two statements of a component have in common when they mean the same."""
    return requirement(component, Decimal(1)), component.measured


def as_read(component: Component) -> str:
    """A component's statement in words for the order's history."""
    measured = ", measured" if component.measured else ""
    loss = f" + {component.scrap_percent.normalize():f} %" if component.scrap_percent else ""
    return f"{component.quantity.normalize():f}{loss} for {component.base_quantity.normalize():f}{measured}"


def output_differences(
    *,
    operation: int,
    present: Mapping[str, tuple[Decimal, Decimal, str]],
    planned: Mapping[str, tuple[Decimal, Decimal, str]],
) -> list[BillDifference]:
    """What freezing `planned` anew would change of the further outputs: item -> (quantity, base quantity, kind)."""

    def read(stated: tuple[Decimal, Decimal, str] | None) -> str:
        if stated is None:
            return ""
        quantity, base, kind = stated
        return f"{quantity.normalize():f} for {base.normalize():f} good, {kind}-product"

    def meant(stated: tuple[Decimal, Decimal, str]) -> tuple[Fraction, str]:
        return Fraction(stated[0]) / Fraction(stated[1]), stated[2]

    found: list[BillDifference] = []
    for item in sorted(present.keys() | planned.keys()):
        was, becomes = present.get(item), planned.get(item)
        if was is not None and becomes is not None and meant(was) == meant(becomes):
            continue
        found.append(
            BillDifference(
                operation=operation,
                item=item,
                kind="added" if was is None else "removed" if becomes is None else "changed",
                before=read(was),
                after=read(becomes),
            )
        )
    return found


def differences(
    *,
    operation: int,
    present: Mapping[str, Component],
    planned: Mapping[str, Component],
) -> list[BillDifference]:
    """What freezing `planned` anew would change of one operation's `present` components."""
    found: list[BillDifference] = []
    for item in sorted(present.keys() | planned.keys()):
        was, becomes = present.get(item), planned.get(item)
        if was is not None and becomes is not None:
            if stated(was) != stated(becomes):
                found.append(
                    BillDifference(
                        operation=operation,
                        item=item,
                        kind="changed",
                        before=as_read(was),
                        after=as_read(becomes),
                    )
                )
        elif was is not None:
            found.append(
                BillDifference(
                    operation=operation, item=item, kind="removed", before=as_read(was), after=""
                )
            )
        elif becomes is not None:
            found.append(
                BillDifference(
                    operation=operation, item=item, kind="added", before="", after=as_read(becomes)
                )
            )
    return found
