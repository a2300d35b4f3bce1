"""lineside-mes: puts the server together from its settings, and runs it until it is told to stop."""

import argparse
import asyncio
import contextlib
import getpass
import os
import random
import socket
import sys
import uuid
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import structlog
import uvicorn
from fastapi import FastAPI
from psycopg_pool import PoolTimeout

from device_profiles.broker import LOOPBACK
from device_profiles.identity import Identity
from device_profiles.program import (
    Clock,
    SettingsFaults,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from mes_server import command_line
from mes_server.api.app import build_app
from mes_server.api.feed_tail import FeedTail
from mes_server.api.server import Server, Tokens
from mes_server.domain.shift_calendar import ShiftCalendar
from mes_server.embedded_postgres import EmbeddedPostgres
from mes_server.operations.cut_erp_documents import keep_cutting
from mes_server.operations.keep_history import keep_history
from mes_server.operations.look_at_loops import LOOK_EVERY_S, look_at_loops
from mes_server.operations.save_person import demand_pins
from mes_server.operations.sync_plant import sync_plant
from mes_server.operations.tell_webhooks import Messenger
from mes_server.postgres_installation import PostgresUnavailable
from mes_server.postmaster import is_postmaster_of
from mes_server.settings import Config, load_config
from mes_server.storage import feed, history, sign_ins, webhooks
from mes_server.storage.database import Pool, open_pool
from mes_server.storage.feed_hub import FeedHub
from mes_server.storage.migrate import migrate
from mes_server.storage.partitions import ensure_event_partitions

__all__ = ["Config", "MesServer", "compose", "listening", "load_config", "main", "running_app"]

HOUSEKEEPING_EVERY_S = 60.0
WATCH_EVERY_S = 2.0
PLAIN_HTTP = (
    "tokens and PINs can be overheard: set server.certificate_file, or put a TLS proxy in front"
)
FAREWELL_S = 2
"""How long open requests may take when the server stops."""

_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class MesServer:
    """A server that is ready to run."""

    config: Config
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; raises SettingsFaults when address or database cannot be used."""
        with listening(self.config) as listener:
            async with (
                _database(self.config, self.clock) as url,
                running_app(self.config, self.clock, database_url=url) as app,
            ):
                host, port = listener.getsockname()[:2]
                scheme = "http" if self.config.identity is None else "https"
                _LOG.info("started", url=f"{scheme}://{host}:{port}", site=self.config.plant.site)
                if scheme == "http" and host not in LOOPBACK:
                    _LOG.warning("plain_http", host=host, advice=PLAIN_HTTP)
                await _serve(app, listener, stop, self.config.identity)
        _LOG.info("stopped")


def compose(config: Config, clock: Clock) -> MesServer:
    """Put a server together."""
    return MesServer(config=config, clock=clock)


@asynccontextmanager
async def running_app(
    config: Config, clock: Clock, *, database_url: str
) -> AsyncGenerator[FastAPI]:
    """The application on a database that is brought up to date first, with what runs beside it."""
    try:
        pool = await open_pool(database_url)
    except PoolTimeout as error:
        raise SettingsFaults(
            ["database: cannot be reached; is the server up, and database.url right?"]
        ) from error
    async with pool:
        async with pool.connection() as connection:
            applied = await migrate(connection, now=clock.now())
            await ensure_event_partitions(connection, now=clock.now())
            await history.set_keep(connection, days=config.history_keep_days)
            await demand_pins(connection, config.pin_roles)
        _LOG.info("database_ready", migrations_applied=applied)
        await sync_plant(pool, config.plant, now=clock.now())
        hub = FeedHub()
        tail = FeedTail(pool=pool, commits=hub, clock=clock)
        shifts = ShiftCalendar(zone=ZoneInfo(config.plant.time_zone), begins=config.shift_begins)
        server = Server(
            pool=pool,
            hub=hub,
            tail=tail,
            clock=clock,
            plant=config.plant,
            tokens=Tokens(
                gateway=config.gateway_token, hmi=config.hmi_token, admin=config.admin_token
            ),
            mint=uuid.uuid4,
            shifts=shifts,
            history_keep_days=config.history_keep_days,
        )
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(tail.run())
            messenger = Messenger(pool=pool, hub=hub, clock=clock, roll=random.Random().random)
            telling = tasks.create_task(messenger.run())
            cutting = tasks.create_task(
                keep_cutting(pool, hub, clock, mint=uuid.uuid4, every_s=config.erp_every_s)
            )
            housekeeping = tasks.create_task(_keep_house(pool, clock))
            remembering = tasks.create_task(
                keep_history(pool, clock, shifts, keep_days=config.history_keep_days)
            )
            looking = tasks.create_task(_look_at_loops(pool, clock))
            try:
                yield build_app(server)
            finally:
                hub.close()
                housekeeping.cancel()
                remembering.cancel()
                looking.cancel()
                telling.cancel()
                cutting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await following


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="lineside-mes",
        description="Keeps orders, stock, ledger and replenishment of one plant, and answers for them over HTTP.",
        epilog="Without a command the server runs. Secrets come from the environment: LINESIDE_GATEWAY_TOKEN and "
        "LINESIDE_HMI_TOKEN (required to run the server), LINESIDE_ADMIN_TOKEN. LINESIDE_DATABASE_URL overrides the "
        "file; without either the server keeps a PostgreSQL of its own in database.data_directory.",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="TOML file with the settings")
    command_line.add_commands(parser)
    arguments = parser.parse_args(argv)
    if arguments.command is not None:
        return _command(arguments)

    async def work(stop: asyncio.Event) -> None:
        config = load_config(arguments.config, os.environ)
        configure_logging(program="lineside-mes", level=config.log_level)
        await compose(config, SystemClock()).run(stop)

    return run_until_stopped(work)


def _command(arguments: argparse.Namespace) -> int:
    """One command on the database; its exit status."""
    configure_logging(program="lineside-mes", level="warning")
    hands = command_line.Hands(clock=SystemClock(), mint=uuid.uuid4, ask_secret=_ask_secret)

    async def work() -> command_line.Said:
        config = load_config(arguments.config, os.environ, serving=False)
        return await command_line.run(arguments, config, hands)

    try:
        said = asyncio.run(work())
    except (SettingsFaults, *command_line.FAULTS) as fault:
        print(fault, file=sys.stderr)
        return 1
    print("\n".join(said.lines))
    return 0 if said.well else 1


def _ask_secret(question: str) -> str:
    """From the terminal without showing it, or the first line of what is piped in."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{question}: ")
    return sys.stdin.readline().rstrip("\r\n")


class _Uvicorn(uvicorn.Server):
    """Uvicorn, but the program itself decides what a signal does."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


async def _serve(
    app: FastAPI, listener: socket.socket, stop: asyncio.Event, identity: Identity | None
) -> None:
    """Serve on the socket until `stop`; open streams and polls end at once, other requests within FAREWELL_S."""
    web = _Uvicorn(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=FAREWELL_S,
            ssl_context_factory=identity.answer if identity else None,
        )
    )
    serving = asyncio.create_task(web.serve(sockets=[listener]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server = app.state.server
    assert isinstance(server, Server)
    server.hub.close()
    server.tail.close()
    web.should_exit = True
    await serving


@contextmanager
def listening(config: Config) -> Generator[socket.socket]:
    """The listening socket, bound before anything else is started."""
    try:
        family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
        listener = socket.create_server((config.host, config.port), family=family, backlog=512)
        # Of a socket that was made so, asyncio does not do this by itself, and an answer in two parts would wait for the
        # caller's delayed acknowledgement, 40 ms. Connections inherit it.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        raise SettingsFaults(
            [
                f"server.listen: cannot listen on {config.host}:{config.port}: {error.strerror}; "
                "choose another address, or stop the program that has it"
            ]
        ) from error
    with listener:
        yield listener


@asynccontextmanager
async def _database(config: Config, clock: Clock) -> AsyncGenerator[str]:
    """The URL of the database; our own server is started and stopped with us."""
    if config.database_url is not None:
        yield config.database_url
        return
    postgres = EmbeddedPostgres(data_directory=config.data_directory, binaries=config.binaries)
    try:
        url = await asyncio.to_thread(postgres.start)
    except PostgresUnavailable as error:
        raise SettingsFaults([f"database.data_directory: {error}"]) from error
    turn = asyncio.Lock()
    watching = asyncio.create_task(_watch(postgres, clock, turn))
    try:
        yield url
    finally:
        async with turn:
            watching.cancel()
            await asyncio.to_thread(postgres.stop)


async def _watch(postgres: EmbeddedPostgres, clock: Clock, turn: asyncio.Lock) -> None:
    """Start our own database again when somebody killed it; requests are answered "busy" meanwhile.

    Whoever has the `turn` starts or stops it.
    """
    while True:
        await clock.sleep(WATCH_EVERY_S)
        if postgres.pid is not None and is_postmaster_of(postgres.pid, postgres.home / "cluster"):
            continue
        _LOG.error("database_died", data_directory=str(postgres.home))
        async with turn:
            try:
                await asyncio.to_thread(postgres.stop)
                await asyncio.to_thread(postgres.start)
            except PostgresUnavailable as error:
                _LOG.error("database_does_not_start", error=str(error))


async def _look_at_loops(pool: Pool, clock: Clock) -> None:
    """Call for what time alone makes due; what fails is tried again next time."""
    after = 0
    while True:
        await clock.sleep(LOOK_EVERY_S)
        try:
            after = await look_at_loops(pool, after=after, now=clock.now())
        except (psycopg.Error, PoolTimeout) as error:
            _LOG.warning("look_at_loops_failed", error=str(error))


async def _keep_house(pool: Pool, clock: Clock) -> None:
    """Forget old feed changes, and make partitions ahead of time; what fails is tried again next time."""
    while True:
        await clock.sleep(HOUSEKEEPING_EVERY_S)
        try:
            async with pool.connection() as connection:
                await feed.trim(connection, now=clock.now())
                await sign_ins.trim(connection, now=clock.now())
                await webhooks.trim(connection, now=clock.now())
                await ensure_event_partitions(connection, now=clock.now())
        except (psycopg.Error, PoolTimeout) as error:
            _LOG.warning("housekeeping_failed", error=str(error))
