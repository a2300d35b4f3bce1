"""Lists come in pages of a bounded size; the header `Lineside-Next` names where the next one begins."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Response

from mes_server.contract.headers import NEXT

PAGE_MAX = 500
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Rows of one page")]
RowsBefore = Annotated[int, Query(ge=0, le=1_000_000, description="Rows of the pages before")]
"""Where a list goes on whose order is a figure that changes by itself."""


def mark_next(response: Response, rows: Sequence[object], *, limit: int, after: object) -> None:
    """Say where the next page begins, when this one is full."""
    if len(rows) >= limit:
        response.headers[NEXT] = str(after)
