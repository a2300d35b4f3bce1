"""Who books: badges and roles."""

from typing import Literal

from mes_server.contract.shape import Code, Command, Shape

Role = Literal[
    "operator", "leader", "warehouse", "planner", "quality", "engineer", "manager", "admin"
]


class SignIn(Command):
    """`POST /api/v1/sign-in`: a badge scanned at a station."""

    badge: Code
    station: str = ""


class Person(Shape):
    """Who signed in; the terminal sends the badge with each command (`Lineside-Badge`)."""

    badge: str
    name: str
    roles: list[Role]
    language: Literal["en", "zh"]
