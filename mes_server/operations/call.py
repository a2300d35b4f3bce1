"""Who asks for something, from where, when, and under which idempotency key."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from mes_server.domain.rights import EVERY_STATION


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to change something, or to see what not everybody sees."""

    command_id: UUID
    now: datetime
    badge: str | None = None
    station: str = ""
    trusted: bool = False
    """True for a program that may act without a person: an administrator's token, or the command line."""
    scopes: frozenset[str] = frozenset({EVERY_STATION})
    """What the program's token may ask for."""
    token: str = ""
    """Name of the program's token."""
    expected_version: int | None = None
    """Version of the order that the caller saw (`If-Match`); None: whatever it is now."""
    address: str = ""
    """Network address the request came from."""
