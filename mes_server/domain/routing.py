"""Routings: the operations that make an item, in order, and the units that can do each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes_server.domain.refusal import Refusal, words


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingOperation:
    """One step of a routing."""

    number: int
    name: dict[str, str]
    units: tuple[str, ...]
    """Paths of the units that can do it, the preferred one first."""
    setup_s: Decimal = Decimal(0)
    run_s: Decimal | None = None
    """Seconds a piece; None is the unit's own ideal cycle."""
    components: tuple[str, ...] = ()
    """Components that it consumes; what no operation names is consumed by the first."""
    outsourced: bool = False
    """Done outside: people send out and receive back, no machine counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """How an item is made; the last operation yields its pieces."""

    item: str
    revision: str
    valid_from: date | None
    valid_until: date | None
    operations: tuple[RoutingOperation, ...]


@dataclass(kw_only=True, eq=False)
class RoutingUnclear(Refusal):
    """A routing that nobody could follow."""

    type = "routing-unclear"
    status = 422
    title = words(
        "The routing of {item} is not clear: operation {operation}.",
        "{item}的工艺路线不明确：工序{operation}。",
    )
    detail = words(
        "Give each operation a number of its own and at least one unit, and each component to one operation.",
        "每道工序须有唯一编号和至少一台设备，每个组件只能属于一道工序。",
    )
    item: str
    operation: int


@dataclass(kw_only=True, eq=False)
class NoRouting(Refusal):
    """Neither a unit was named nor is there a routing."""

    type = "no-routing"
    status = 422
    title = words(
        "{item} has no routing in force, and no unit was named.",
        "{item}没有有效的工艺路线，且未指定设备。",
    )
    detail = words(
        "Name the unit that makes it, or have the engineer enter a routing.",
        "请指定生产设备，或请工程师维护工艺路线。",
    )
    item: str


@dataclass(kw_only=True, eq=False)
class UnitCannot(Refusal):
    """The unit is not among those that can do the operation."""

    type = "unit-cannot"
    status = 422
    title = words(
        "{unit} is not among the units for operation {operation} of work order {number}.",
        "{unit}不在工单{number}工序{operation}的可用设备之列。",
    )
    detail = words("Choose one of: {units}.", "请选择以下设备之一：{units}。")
    number: str
    operation: int
    unit: str
    units: tuple[str, ...]


def check_routing(routing: Routing) -> None:
    """Refuse operations without units or with one number, and components given twice; raises RoutingUnclear."""
    seen: set[int] = set()
    given: set[str] = set()
    if not routing.operations:
        raise RoutingUnclear(item=routing.item, operation=0)
    for operation in routing.operations:
        twice = (
            operation.number in seen
            or len(set(operation.units)) < len(operation.units)
            or given.intersection(operation.components)
            or len(set(operation.components)) < len(operation.components)
        )
        if twice or not operation.units:
            raise RoutingUnclear(item=routing.item, operation=operation.number)
        seen.add(operation.number)
        given.update(operation.components)


def check_unit_can(number: str, *, operation: int, unit: str, units: Sequence[str]) -> None:
    """Refuse a unit that cannot do the operation; raises UnitCannot."""
    if unit not in units:
        raise UnitCannot(number=number, operation=operation, unit=unit, units=tuple(units))
