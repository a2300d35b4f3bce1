"""lineside-mes beside the server: people, tokens, backup and restore, for whoever may log in to its machine.

That is how the first administrator comes to be: nobody has a password before somebody gave it.
"""

import argparse
import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from device_profiles.program import Clock, SettingsFaults
from mes_server.backup import BackupFault, back_up, restore, summary
from mes_server.domain.refusal import ROLE_WORDS, Refusal
from mes_server.domain.rights import PIN, PinMalformed
from mes_server.embedded_postgres import DataDirectoryInUse, EmbeddedPostgres
from mes_server.operations.call import Call
from mes_server.operations.save_person import PersonChange, demand_pins, save_person, set_pin
from mes_server.operations.tokens import PREFIX, create_token, revoke_token
from mes_server.postgres_installation import PostgresUnavailable
from mes_server.postgres_tools import ToolFailed
from mes_server.settings import Config
from mes_server.storage.database import Pool, open_pool
from mes_server.storage.migrate import migrate
from mes_server.storage.people import ListedPerson, list_people
from mes_server.storage.tokens import list_tokens


class NotUnderstood(Exception):
    """The words of a command do not fit together; the message says what to write instead."""


FAULTS = (Refusal, NotUnderstood, BackupFault, ToolFailed, psycopg.Error, PoolTimeout)
"""What a command may fail with; the text is for the person at the keyboard."""
TOKEN = "command line"
LISTED_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Clock, identities and questions, which only compose has."""

    clock: Clock
    mint: Callable[[], UUID]
    ask_secret: Callable[[str], str]
    """Asks for something that is not shown, and never comes from the command line's own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command tells."""

    lines: list[str]
    well: bool = True


def add_commands(parser: argparse.ArgumentParser) -> None:
    """`person`, `token`, `backup` and `restore`; `command` is None when the server shall run."""
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    person = commands.add_parser("person", help="people, their rights and PINs")
    verbs = person.add_subparsers(dest="verb", required=True)
    add = verbs.add_parser("add", help="register a person, or change what one may do")
    add.add_argument("--badge", required=True)
    add.add_argument("--name", required=True)
    add.add_argument("--role", action="append", required=True, choices=sorted(ROLE_WORDS))
    add.add_argument(
        "--line", action="append", default=[], metavar="ROLE=PATH", help="where the role holds"
    )
    add.add_argument("--language", choices=("en", "zh"), default="en")
    add.add_argument("--pin", action="store_true", help="ask for a PIN (or read it from stdin)")
    for verb, what in (("set-pin", "give another PIN"), ("deactivate", "end a badge's rights")):
        verbs.add_parser(verb, help=what).add_argument("--badge", required=True)
    verbs.add_parser("list", help="everybody")
    token = commands.add_parser("token", help="tokens of terminals, gateways and other programs")
    verbs = token.add_subparsers(dest="verb", required=True)
    create = verbs.add_parser("create", help="make a token; its secret is shown once")
    create.add_argument("name")
    create.add_argument("--scope", action="append", required=True)
    verbs.add_parser("list", help="every token")
    verbs.add_parser("revoke", help="end a token").add_argument("id", type=int)
    backup = commands.add_parser("backup", help="write everything to one file")
    backup.add_argument("file", type=Path)
    into = commands.add_parser("restore", help="bring a backup into an empty database")
    into.add_argument("file", type=Path)
    into.add_argument("--into", metavar="URL", help="another database than the configured one")
    into.add_argument("--set-aside", action="store_true", help="rename the database that is there")


async def run(arguments: argparse.Namespace, config: Config, hands: Hands) -> Said:
    """Do what was asked for; raises SettingsFaults or one of FAULTS."""
    if arguments.command == "restore" and arguments.into:
        return await _restore(arguments, arguments.into, config, hands)
    async with _database(config) as url:
        if arguments.command == "backup":
            about = await back_up(
                url, arguments.file, now=hands.clock.now(), binaries=config.binaries
            )
            return Said(lines=[f"{arguments.file}:", *summary(about)])
        if arguments.command == "restore":
            return await _restore(arguments, url, config, hands)
        async with await open_pool(url, size_max=2) as pool:
            async with pool.connection() as connection:
                await migrate(connection, now=hands.clock.now())
                await demand_pins(connection, config.pin_roles)
            work = _person if arguments.command == "person" else _token
            return Said(lines=await work(pool, arguments, config, hands))


async def _restore(arguments: argparse.Namespace, url: str, config: Config, hands: Hands) -> Said:
    restored = await restore(
        arguments.file,
        url,
        now=hands.clock.now(),
        set_aside=arguments.set_aside,
        binaries=config.binaries,
    )
    lines = [f"restored {arguments.file}:", *summary(restored.manifest)]
    if restored.set_aside:
        lines.append(f"the earlier database is kept as {restored.set_aside}")
    if restored.differences:
        return Said(lines=[*lines, "NOT AS IT WAS:", *restored.differences], well=False)
    return Said(lines=[*lines, "verified: rows, sums and rules of the ledger are as in the backup"])


async def _person(
    pool: Pool, arguments: argparse.Namespace, config: Config, hands: Hands
) -> list[str]:
    if arguments.verb == "list":
        async with pool.connection() as connection:
            people = await list_people(connection, after="", limit=LISTED_MAX)
        return [_line_of(person) for person in people] or ["nobody is registered"]
    if arguments.verb == "deactivate":
        return await _deactivate(pool, arguments.badge, hands)
    if arguments.verb == "add":
        needs_pin = arguments.pin or not set(arguments.role).isdisjoint(config.pin_roles)
        pin = _ask_pin(hands) if needs_pin else None
        change = PersonChange(
            badge=arguments.badge,
            name=arguments.name,
            roles=arguments.role,
            lines=_lines(arguments.line),
            language=arguments.language,
        )
        await save_person(pool, _call(hands), change)
        if pin is None:
            return [f"{arguments.badge} is registered"]
    else:
        pin = _ask_pin(hands)
    await set_pin(pool, _call(hands), badge=arguments.badge, pin=pin, salt=hands.mint().bytes)
    return [f"{arguments.badge} signs in with badge and PIN"]


async def _deactivate(pool: Pool, badge: str, hands: Hands) -> list[str]:
    async with pool.connection() as connection:
        people = await list_people(connection, after="", limit=LISTED_MAX)
    known = next((person for person in people if person.badge == badge), None)
    if known is None:
        raise NotUnderstood(f"Nobody has badge {badge}.")
    change = PersonChange(
        badge=badge,
        name=known.name,
        roles=known.roles,
        lines=known.role_lines,
        language=known.language,
        active=False,
    )
    await save_person(pool, _call(hands), change)
    return [f"{badge} may do nothing any more"]


async def _token(
    pool: Pool, arguments: argparse.Namespace, config: Config, hands: Hands
) -> list[str]:
    del config
    if arguments.verb == "create":
        secret = f"{PREFIX}{hands.mint().hex}{hands.mint().hex}"
        made = await create_token(
            pool, _call(hands), name=arguments.name, scopes=arguments.scope, secret=secret
        )
        return [f"token {made['id']}, shown this once:", secret]
    if arguments.verb == "revoke":
        made = await revoke_token(pool, _call(hands), token_id=arguments.id)
        return [f"token {made['id']} ({made['name']}) is revoked"]
    async with pool.connection() as connection:
        rows = await list_tokens(connection, after=0, limit=LISTED_MAX)
    return [
        f"{row.id}  {row.name}  {' '.join(row.scopes)}  {row.hint}…  "
        + (f"revoked {row.revoked_at:%Y-%m-%d}" if row.revoked_at else "live")
        for row in rows
    ] or ["there are no tokens"]


def _ask_pin(hands: Hands) -> str:
    pin = hands.ask_secret("PIN, four to twelve digits")
    if not PIN.fullmatch(pin):
        raise PinMalformed()
    return pin


def _lines(given: list[str]) -> dict[str, list[str]]:
    lines: dict[str, list[str]] = {}
    for one in given:
        role, equals, path = one.partition("=")
        if not equals or role not in ROLE_WORDS:
            raise NotUnderstood(f"--line {one}: give ROLE=PATH, e.g. leader=works/moulding.")
        lines.setdefault(role, []).append(path)
    return lines


def _line_of(person: ListedPerson) -> str:
    roles = [
        f"{role}@{','.join(person.role_lines[role])}" if role in person.role_lines else role
        for role in person.roles
    ]
    state = "" if person.active else "  inactive"
    return f"{person.badge}  {person.name}  {' '.join(roles)}{'  PIN' if person.has_pin else ''}{state}"


def _call(hands: Hands) -> Call:
    return Call(command_id=hands.mint(), now=hands.clock.now(), trusted=True, token=TOKEN)


@asynccontextmanager
async def _database(config: Config) -> AsyncGenerator[str]:
    """The configured database; our own server is used beside the program that runs it, or started for the moment."""
    if config.database_url is not None:
        yield config.database_url
        return
    postgres = EmbeddedPostgres(data_directory=config.data_directory, binaries=config.binaries)
    try:
        url = await asyncio.to_thread(postgres.start)
    except DataDirectoryInUse:
        yield postgres.url()
        return
    except PostgresUnavailable as error:
        raise SettingsFaults([f"database.data_directory: {error}"]) from error
    try:
        yield url
    finally:
        await asyncio.to_thread(postgres.stop)
