"""`GET /api/v1/health`: whether the server can work."""

from mes_server.contract.shape import Shape


class Health(Shape):
    """Answered with 200 when all is well, with 503 when not."""

    ok: bool
    database: bool
    migrations: list[str]
    """Applied migrations; empty when the database cannot be reached."""
