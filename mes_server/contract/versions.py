"""Versions of what people edit."""

from typing import Literal

from mes_server.contract.shape import Shape

EditedThing = Literal["person", "location", "item", "bill", "loop"]


class Version(Shape):
    """`GET /api/v1/versions/{thing}/{key}`: send it as `If-Match` to change only what you saw."""

    thing: EditedThing
    key: str
    version: int
    """0: there is no such thing; sent as `If-Match`, it makes sure that nobody else made it meanwhile."""
