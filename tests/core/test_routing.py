"""A routing can be followed: its operations have numbers, units and components of their own."""

from decimal import Decimal

import pytest

from mes_server.domain.routing import (
    Routing,
    RoutingOperation,
    RoutingUnclear,
    UnitCannot,
    check_routing,
    check_unit_can,
)


def step(number: int, *units: str, components: tuple[str, ...] = ()) -> RoutingOperation:
    return RoutingOperation(
        number=number, name={}, units=units, run_s=Decimal(2), components=components
    )


def routing(*operations: RoutingOperation) -> Routing:
    return Routing(
        item="KETTLE", revision="A", valid_from=None, valid_until=None, operations=operations
    )


def test_a_routing_of_two_operations_with_alternative_units_is_clear() -> None:
    check_routing(routing(step(10, "a", "b", components=("BODY",)), step(20, "a")))


@pytest.mark.parametrize(
    ("operations", "at"),
    [
        ((), 0),
        ((step(10, "a"), step(10, "b")), 10),
        ((step(10, "a"), step(20)), 20),
        ((step(10, "a", "a"),), 10),
        ((step(10, "a", components=("BODY",)), step(20, "b", components=("BODY",))), 20),
    ],
    ids=["empty", "one number twice", "no unit", "one unit twice", "one component twice"],
)
def test_a_routing_that_nobody_could_follow_is_refused(
    operations: tuple[RoutingOperation, ...], at: int
) -> None:
    with pytest.raises(RoutingUnclear) as refused:
        check_routing(routing(*operations))
    assert refused.value.operation == at


def test_a_unit_that_cannot_do_it_is_refused_with_those_that_can() -> None:
    check_unit_can("WO-1", operation=10, unit="a", units=["a", "b"])
    with pytest.raises(UnitCannot) as refused:
        check_unit_can("WO-1", operation=10, unit="c", units=["a", "b"])
    assert refused.value.say("en")[1] == "Choose one of: a, b."
