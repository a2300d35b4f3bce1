"""Lists as files."""

from mes_server.contract.shape import Shape


class ExportableList(Shape):
    """`GET /api/v1/exports/{path}?format=csv|xlsx`: a list that can be had as a file."""

    path: str
    summary: str
    filters: list[str]
    """Query parameters, the same as of the list."""
    columns: list[str]
