"""People and their badges."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from psycopg.types.json import Jsonb

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load
from mes_server.storage.rows import fetch_all, fetch_column, fetch_one, fetch_value

_SQL = load("people")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """An active person."""

    id: int
    badge: str
    name: str
    roles: list[str]
    language: str
    role_lines: dict[str, list[str]]
    """Role -> equipment paths on which it holds; a role that is not named holds in the whole plant."""
    needs_pin: bool
    pin_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedPerson:
    """A person as administrators see one."""

    id: int
    badge: str
    name: str
    roles: list[str]
    language: str
    role_lines: dict[str, list[str]]
    active: bool
    has_pin: bool


async def find_badge(connection: Connection, badge: str) -> PersonRow | None:
    """The active person with that badge."""
    return await fetch_one(connection, PersonRow, _SQL["by_badge"], {"badge": badge})


async def list_people(connection: Connection, *, after: str, limit: int) -> list[ListedPerson]:
    """People whose badge comes after one, by badge."""
    return await fetch_all(connection, ListedPerson, _SQL["list"], {"after": after, "limit": limit})


async def save(
    connection: Connection,
    *,
    badge: str,
    name: str,
    roles: Sequence[str],
    role_lines: Mapping[str, Sequence[str]],
    language: str,
    active: bool,
) -> int:
    """Register or change a person, who has to sign in again; the id."""
    values = {
        "badge": badge,
        "name": name,
        "roles": list(roles),
        "role_lines": Jsonb(role_lines),
        "language": language,
        "active": active,
    }
    person_id = await fetch_value(connection, _SQL["save"], values)
    assert isinstance(person_id, int)
    await connection.execute(_SQL["sign_out"], {"person_id": person_id})
    return person_id


async def set_pin(connection: Connection, *, badge: str, pin_hash: str | None) -> int | None:
    """Give the person another PIN or none, who has to sign in again; the id, or None when nobody has the badge."""
    person_id = await fetch_value(
        connection, _SQL["set_pin"], {"badge": badge, "pin_hash": pin_hash}
    )
    if person_id is not None:
        await connection.execute(_SQL["sign_out"], {"person_id": person_id})
    return person_id


async def set_pin_roles(connection: Connection, roles: Sequence[str]) -> None:
    """From now on these roles, and no others, demand a PIN."""
    await connection.execute(_SQL["drop_pin_roles"], {"roles": list(roles)})
    await connection.execute(_SQL["add_pin_roles"], {"roles": list(roles)})


async def unknown_lines(connection: Connection, paths: Sequence[str]) -> list[str]:
    """Paths that are no equipment."""
    return await fetch_column(connection, _SQL["unknown_lines"], {"paths": list(paths)})


async def is_last_administrator(connection: Connection, badge: str) -> bool:
    """Whether nobody else could give rights."""
    return bool(await fetch_value(connection, _SQL["is_last_administrator"], {"badge": badge}))
