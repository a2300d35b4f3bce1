"""Where material came from and went to, and why a figure is what it is."""

from datetime import date
from decimal import Decimal
from typing import Literal

from mes_server.contract.evidence import Batch, PersonCommand, Reading
from mes_server.contract.shape import Instant, LocalName, Shape
from mes_server.contract.stock import Posting


class KnownLot(Shape):
    """A lot, wherever it is, used up or not."""

    item: str
    item_name: LocalName
    lot: str
    unit: str
    status: str
    expires_on: date | None
    supplier_lot: str
    received_at: Instant


class TracedLot(Shape):
    """A lot of a genealogy; `depth` is its level, 0 the lot that was asked for."""

    item: str
    item_name: LocalName
    lot: str
    unit: str
    depth: int
    status: str
    expires_on: date | None
    supplier_lot: str
    received_at: Instant


class TracedLink(Shape):
    """An operation consumed `consumed` of the input lot and `produced` the output lot.

    Postings were made from `since` to `until`; the first covers what was consumed since `window_from`. An operation
    with several output lots states the same consumption for each of them.
    """

    input_item: str
    input_lot: str
    consumed: Decimal
    input_unit: str
    output_item: str
    output_lot: str
    produced: Decimal
    output_unit: str
    order: str
    operation: int
    equipment: str | None
    since: Instant
    until: Instant
    window_from: Instant


class Genealogy(Shape):
    """`GET /api/v1/lots/{item}/{lot}/genealogy?direction=back|forward&depth=`."""

    item: str
    lot: str
    direction: Literal["back", "forward"]
    depth: int
    lots: list[TracedLot]
    links: list[TracedLink]
    cut: Literal["depth", "lots", "links"] | None
    """The limit that was met, if there is more than this."""


class Whereabouts(Shape):
    """So much of it is at a place now."""

    location: str
    location_name: LocalName
    kind: str
    quantity: Decimal


class MassBalance(Shape):
    """`GET /api/v1/lots/{item}/{lot}/balance`: where all of a lot came from and went, in double entry."""

    item: str
    lot: str
    unit: str
    came: Decimal
    """All that came in, from suppliers, production or by adjustment."""
    difference: Decimal
    """The sum over all accounts: anything but 0, and somebody should look."""
    accounts: list[Whereabouts]
    """Below zero: it came from there; above: it went there, or is there now."""


class AffectedProduct(Shape):
    """A lot that contains the recalled one, and where it is now."""

    item: str
    item_name: LocalName
    lot: str
    unit: str
    depth: int
    status: str
    produced: Decimal
    orders: list[str]
    places: list[Whereabouts]


class ProcessValue(Shape):
    """What a signal read within the window, quarantined readings left out."""

    signal: str
    unit: str
    readings: int
    minimum: float
    average: float
    maximum: float


class Exposure(Shape):
    """An order that consumed the lot, or a lot that contains it, and what its unit measured meanwhile."""

    link: TracedLink
    process_values: list[ProcessValue]


class WithoutOrder(Shape):
    """So much of a lot was consumed at a unit while no order ran: look there, the ledger cannot know the product."""

    item: str
    lot: str
    unit: str
    equipment: str | None
    consumed: Decimal
    since: Instant
    until: Instant


class Recall(Shape):
    """`GET /api/v1/lots/{item}/{lot}/recall`: everything that contains the lot."""

    lot: TracedLot
    places: list[Whereabouts]
    """Where what is left of the lot itself is."""
    products: list[AffectedProduct]
    exposures: list[Exposure]
    without_order: list[WithoutOrder]
    cut: Literal["depth", "lots", "links"] | None


class WhyInput(Shape):
    """A value that the rule used; `key` is stable, `label` is in the caller's language."""

    key: str
    label: str
    value: str
    unit: str


class WhyLink(Shape):
    """Where to read on."""

    rel: Literal["postings", "readings", "posting", "figure", "batch"]
    href: str


class WhyPosting(Posting):
    """A row of the ledger with what it came from."""

    ingest_id: int | None
    command_id: str | None
    why: str
    """Path of its own explanation."""


class WhyStep(Shape):
    """One link of the chain: the rule in words, what it used, what it gave, and the records behind it."""

    key: str
    rule: str
    inputs: list[WhyInput]
    result: Decimal | None
    postings: list[WhyPosting]
    batches: list[Batch]
    commands: list[PersonCommand]
    readings: list[Reading]
    links: list[WhyLink]


class Why(Shape):
    """`GET /api/v1/why/...`: a figure, the rule it follows, and the chain down to the readings."""

    figure: str
    name: str
    """What the figure is of, in the caller's language."""
    value: Decimal
    unit: str
    explained: Decimal | None
    """What the chain adds up to: equal to `value`, or somebody should look. None where nothing is added up."""
    rule: str
    steps: list[WhyStep]
    next: str | None
    """Ask again with `after=` this for more readings; None when these are all."""
