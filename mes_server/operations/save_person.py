"""The administrator registers people, changes their rights, and gives them PINs."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from mes_server.domain.refusal import NotFound
from mes_server.domain.rights import PERSON, PIN, LastAdministrator, LineUnknown, PinMalformed
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.pin import hash_pin
from mes_server.operations.roles import ADMIN
from mes_server.storage import people
from mes_server.storage.database import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """What a person is from now on."""

    badge: str
    name: str
    roles: Sequence[str]
    lines: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    """Role -> equipment paths on which it holds; a role that is not named holds in the whole plant."""
    language: str = "en"
    active: bool = True


async def save_person(pool: Pool, call: Call, change: PersonChange) -> Answer:
    """Register or change a person, who signs in anew. Answers `{badge, name, roles, lines, language, active}`.

    Raises LineUnknown, or LastAdministrator when nobody could give rights any more.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        lines = {role: list(paths) for role, paths in change.lines.items() if paths}
        unknown = await people.unknown_lines(
            connection, sorted({path for paths in lines.values() for path in paths})
        )
        if unknown:
            raise LineUnknown(lines=tuple(unknown))
        stays = change.active and ADMIN in change.roles and ADMIN not in lines
        if not stays and await people.is_last_administrator(connection, change.badge):
            raise LastAdministrator(person=change.name)
        await people.save(
            connection,
            badge=change.badge,
            name=change.name,
            roles=change.roles,
            role_lines=lines,
            language=change.language,
            active=change.active,
        )
        return Outcome(answer={**asdict(change), "lines": lines, "roles": list(change.roles)})

    return await run_command(pool, call, kind="save-person", given=asdict(change), work=work)


async def set_pin(pool: Pool, call: Call, *, badge: str, pin: str | None, salt: bytes) -> Answer:
    """Give a person another PIN, or none; who signs in anew. Answers `{badge, has_pin}`.

    The PIN itself is kept nowhere. Raises NotFound or PinMalformed.
    """
    if pin is not None and not PIN.fullmatch(pin):
        raise PinMalformed()
    pin_hash = None if pin is None else hash_pin(pin, salt=salt)

    async def work(transaction: Transaction) -> Outcome:
        if await people.set_pin(transaction.connection, badge=badge, pin_hash=pin_hash) is None:
            raise NotFound(what=PERSON, name=badge)
        return Outcome(answer={"badge": badge, "has_pin": pin is not None})

    given = {"badge": badge, "has_pin": pin is not None}
    return await run_command(pool, call, kind="set-pin", given=given, work=work)


async def demand_pins(connection: Connection, roles: Sequence[str]) -> None:
    """From now on whoever has one of these roles signs in with a PIN."""
    await people.set_pin_roles(connection, roles)
