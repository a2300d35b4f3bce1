"""What a scanner sends: a plain code, or a GS1 element string with item (01), lot (10), expiry (17), serial number (21),
count (30, 37), net weight (310n) and container (00)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from biip import ParseError
from biip.gs1_messages import GS1Message

from mes_server.domain.refusal import Refusal, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A lot as a label names it."""

    lot: str
    item: str | None = None
    """Item code or GTIN of the label; None when it names the lot only."""
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """All that a label says; None where it says nothing."""

    gtin: str | None = None
    """GTIN-14 of a GS1 label."""
    item: str | None = None
    """Item code of an `item|lot` label."""
    lot: str | None = None
    serial: str | None = None
    expires_on: date | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    """`kg` where the label states a net weight; None: pieces, or the item's stock unit."""
    sscc: str | None = None
    """Number of a container, 18 digits."""
    plain: str | None = None
    """The text itself, when it is not a GS1 label."""


@dataclass(kw_only=True, eq=False)
class NoLotOnLabel(Refusal):
    """A GS1 label without (10)."""

    type = "no-lot-on-label"
    status = 422
    title = words("The label names no lot.", "标签上没有批次号。")
    detail = words(
        "Scan the lot label, the one with (10), or type the lot number.",
        "请扫描含(10)的批次标签，或手工输入批次号。",
    )


def read_scan(text: str) -> Scan:
    """Read a scanned text: `(01)…(10)…`, the same with an `]C1`/`]d2`/`]Q3` prefix and FNC1, `item|lot`, or a lot."""
    text = text.strip()
    message = _gs1(text)
    if message is not None:
        lot = message.element_strings.get(ai="10")
        if lot is None:
            raise NoLotOnLabel()
        gtin = message.element_strings.get(ai="01")
        expiry = message.element_strings.get(ai="17")
        return Scan(
            lot=lot.value,
            item=gtin.value if gtin else None,
            expires_on=expiry.date if expiry else None,
        )
    item, bar, lot_code = text.rpartition("|")
    if not lot_code:
        raise NoLotOnLabel()
    return Scan(lot=lot_code, item=item) if bar else Scan(lot=text)


def read_label(text: str) -> Label:
    """Read all that a scanned text says, whatever it is on."""
    text = text.strip()
    message = _gs1(text)
    if message is None:
        item, bar, code = text.rpartition("|")
        return Label(plain=text, item=item or None, lot=code) if bar else Label(plain=text)

    def value(*ais: str) -> str | None:
        found = (message.element_strings.get(ai=ai) for ai in ais)
        return next((one.value for one in found if one is not None), None)

    expiry = message.element_strings.get(ai="17")
    weight = next((one for one in message.element_strings if one.ai.ai.startswith("310")), None)
    count = value("37", "30")
    return Label(
        gtin=value("01", "02"),
        lot=value("10"),
        serial=value("21"),
        expires_on=expiry.date if expiry else None,
        quantity=weight.decimal if weight else Decimal(count) if count else None,
        unit="kg" if weight else None,
        sscc=value("00"),
    )


def _gs1(text: str) -> GS1Message | None:
    """A GS1 message when the text says it is one: in brackets, by symbology prefix, or (01) with its check digit."""
    try:
        if text.startswith("("):
            return GS1Message.parse_hri(text)
        if text[:3] in ("]C1", "]d2", "]Q3", "]e0", "]J1"):
            return GS1Message.parse(text[3:])
        if text.startswith("01") and len(text) > 18 and text[:16].isdigit():
            return GS1Message.parse(text)
        if text.startswith("00") and len(text) == 20 and text.isdigit():
            return GS1Message.parse(text)
    except ParseError:
        return None
    return None
