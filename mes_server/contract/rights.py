"""People, tokens and the audit log, as administrators see them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from mes_server.contract.people import Role
from mes_server.contract.shape import Code, Command, Instant, Shape

Scope = Annotated[str, Field(min_length=1, max_length=210)]
"""`admin`, `read`, `ingest`, `erp`, `station:*` or `station:<equipment path>`."""
Line = Annotated[str, Field(min_length=1, max_length=200)]


class PersonChange(Command):
    """`PUT /api/v1/people/{badge}`: what the person is from now on; the PIN stays."""

    name: str = Field(min_length=1, max_length=80)
    roles: list[Role] = Field(max_length=8)
    lines: dict[Role, list[Line]] = {}
    """Role -> equipment paths (site, area, line or unit) on which it holds; a role not named holds everywhere."""
    language: Literal["en", "zh"] = "en"
    active: bool = True


class RegisteredPerson(Shape):
    """A person as registered."""

    badge: str
    name: str
    roles: list[Role]
    lines: dict[Role, list[str]]
    language: Literal["en", "zh"]
    active: bool


class ListedPerson(RegisteredPerson):
    """A person in the list."""

    has_pin: bool


class PinChange(Command):
    """`PUT /api/v1/people/{badge}/pin`: four to twelve digits; null takes the PIN away."""

    pin: str | None = Field(max_length=64, repr=False)


class PinState(Shape):
    """Whether there is a PIN now."""

    badge: Code
    has_pin: bool


class NewToken(Command):
    """`POST /api/v1/tokens`: a token for a terminal, a gateway or another program."""

    name: str = Field(min_length=1, max_length=80)
    scopes: list[Scope] = Field(min_length=1, max_length=20)


class Token(Shape):
    """A token; the secret cannot be read back."""

    id: int
    name: str
    scopes: list[str]
    hint: str
    """First characters of the secret's SHA-256, to tell tokens apart."""
    created_at: Instant
    revoked_at: Instant | None


class CreatedToken(Token):
    """A new token with its secret, shown this once; null when the command was repeated."""

    secret: str | None = Field(repr=False)


class AuditEntry(Shape):
    """One line of the audit log; lines are never changed or deleted."""

    id: int
    at: Instant
    person: str | None
    badge: str
    token: str
    """Name of the program's token."""
    station: str
    address: str
    kind: str
    """Kind of command, `sign-in`, `lock-badge` or `lock-station`."""
    target: str
    """What it was about: an order, a unit, a lot, a badge…"""
    reason: str
    outcome: Literal["done", "refused"]
    refusal: str
    """Type of the problem that the caller got."""
    command_id: str | None
    given: dict[str, Any]
    """What was asked for."""
