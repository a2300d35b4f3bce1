"""What a scan means at the replenishment board: take a call, pick a lot or from a bin, or set it down. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from mes_server.contract.feed import SignalCard

GROUP_SEPARATOR = "\x1d"
_FIXED = {"00": 18, "01": 14, "02": 14, "11": 6, "13": 6, "15": 6, "17": 6, "414": 13}
_SCANNER_PREFIX = re.compile(r"^\][A-Za-z]\d")
_BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanMeaning:
    """The step a scan asks for at one call."""

    step: str
    """accept, pick_lot or deliver."""
    number: int
    lot: str = ""
    """pick_lot: the lot, wherever it is to be taken; empty: all that is to be taken from `location`."""
    location: str = ""


def scanned_codes(text: str) -> frozenset[str]:
    """The codes a scan may stand for: itself, and the parts of a GS1 element string."""
    text = _SCANNER_PREFIX.sub("", text.strip())
    codes = {text, *(value for _, value in _BRACKETED.findall(text))}
    for element in text.split(GROUP_SEPARATOR):
        codes.update(_elements(element))
    return frozenset(code.strip().upper() for code in codes if code.strip())


def what_a_scan_means(
    text: str, signals: Iterable[SignalCard], *, selected: int | None
) -> ScanMeaning | None:
    """The selected call is asked first, then the others by time to stock-out; None when nothing fits."""
    codes = scanned_codes(text)
    far = datetime.max.replace(tzinfo=UTC)
    ranked = sorted(
        signals, key=lambda card: (card.number != selected, card.runs_out_at or far, card.number)
    )
    for card in ranked:
        if card.state == "accepted":
            for pick in card.suggested:
                if pick.lot.upper() in codes:
                    return ScanMeaning(step="pick_lot", number=card.number, lot=pick.lot)
                if pick.location != card.source and pick.location.upper() in codes:
                    return ScanMeaning(step="pick_lot", number=card.number, location=pick.location)
        if card.state == "picked" and codes & {card.location.upper(), f"C{card.number}"}:
            return ScanMeaning(step="deliver", number=card.number)
        if card.state == "raised" and codes & {
            card.source.upper(),
            card.item.upper(),
            f"C{card.number}",
        }:
            return ScanMeaning(step="accept", number=card.number)
    return None


def _elements(element: str) -> Iterable[str]:
    """Values of the application identifiers in one run without separators."""
    while len(element) > 2 and element[:2].isdigit():
        size = next((n for ai, n in _FIXED.items() if element.startswith(ai)), None)
        if size is None:
            yield element[2:]
            return
        start = 3 if element.startswith("414") else 2
        yield element[start : start + size]
        element = element[start + size :]
