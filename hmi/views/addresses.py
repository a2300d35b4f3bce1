"""Addresses of our own pages and of the server's questions, with what people typed safely in them."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode


def part(text: str) -> str:
    """One step of a path, slashes included: an order's number."""
    return quote(text, safe="")


def path(text: str) -> str:
    """A path whose slashes part it: a unit's place in the plant."""
    return quote(text)


def with_query(address: str, query: Mapping[str, object]) -> str:
    """An address with a question mark and what follows."""
    return f"{address}?{urlencode(query)}"
