"""What stock and orders are worth."""

from decimal import Decimal

from mes_server.contract.shape import Instant, LocalName, Shape


class ItemCost(Shape):
    """An item's costs for one stock unit, and its valued stock (scrap left out)."""

    item: str
    item_name: LocalName
    unit: str
    standard_cost: Decimal
    average_cost: Decimal
    """Moving average; the standard cost while nothing is in stock."""
    quantity: Decimal
    value: Decimal
    """At moving average, exactly."""
    received_value: Decimal
    """All that came in at a price."""
    issued_value: Decimal
    """All that went out: received = value + issued, to the last decimal place."""


class ItemCosts(Shape):
    """`GET /api/v1/costs`: told from the ledger as of a time."""

    formula: str
    at: Instant
    rows: list[ItemCost]


class StockValueLine(Shape):
    """A lot at a place."""

    item: str
    item_name: LocalName
    unit: str
    location: str
    lot: str
    quantity: Decimal
    standard_value: Decimal
    average_value: Decimal


class StockValue(Shape):
    """`GET /api/v1/reports/stock-value?at=`: what lay where and what it was worth."""

    formula: str
    at: Instant
    rows: list[StockValueLine]


class InProcessLine(Shape):
    """An order: what it took less what it made of it."""

    order: str
    item: str
    item_name: LocalName
    unit: str
    made: Decimal
    issued_value: Decimal
    made_value: Decimal
    in_process_value: Decimal


class WorkInProcess(Shape):
    """`GET /api/v1/reports/work-in-process`."""

    formula: str
    at: Instant
    rows: list[InProcessLine]


class OrderCostLine(Shape):
    """What an order took and made: material + conversion = made value + in process + to stock + variance, exactly."""

    id: int | None
    """Of the settlement; None: the order is not settled yet."""
    order: str
    item: str
    item_name: LocalName
    unit: str
    material: Decimal
    """At moving average."""
    conversion: Decimal
    made_value: Decimal
    """What its pieces, co- and by-products came in at."""
    in_process: Decimal
    """What is left until the order is settled."""
    to_stock: Decimal
    """What the settlement adds to the value of the item's stock (takes off it)."""
    variance: Decimal
    settled_at: Instant | None


class OrderCosts(Shape):
    """`GET /api/v1/reports/order-costs`."""

    formula: str
    at: Instant
    rows: list[OrderCostLine]
