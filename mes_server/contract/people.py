"""Who books: badges and roles."""

from typing import Literal

from pydantic import Field

from mes_server.contract.shape import Code, Command, Shape

Role = Literal[
    "operator", "leader", "warehouse", "planner", "quality", "engineer", "manager", "admin"
]


class SignIn(Command):
    """`POST /api/v1/sign-in`: a badge scanned at a station; the PIN when the answer was `pin-needed`."""

    badge: Code
    station: str = Field(default="", max_length=128)
    pin: str | None = Field(default=None, max_length=64, repr=False)


class Person(Shape):
    """Who signed in; the terminal sends the badge with each command (`Lineside-Badge`)."""

    badge: str
    name: str
    roles: list[Role]
    language: Literal["en", "zh"]
    lines: dict[Role, list[str]] = {}
    """Role -> equipment paths on which it holds; a role that is not named holds in the whole plant."""
