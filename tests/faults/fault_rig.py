"""The whole wire with every hop killable: dice edge, broker, gateway and server on a real database, links between them."""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg

from device_profiles.broker import Broker
from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.program import SystemClock
from gateway.compose import Config, compose
from simulators.all_in_one.first_data import demo_data
from simulators.all_in_one.office import Office
from tests.conformance.gateway_rig import AGENT, SITE, UNIT, PlantBroker, free_port
from tests.conformance.tcp_proxy import TcpProxy
from tests.faults.dice_edge import Wanted

HOST = "127.0.0.1"
SERVER = "import sys; from mes_server.compose import main; sys.exit(main(sys.argv[1:]))"
ORDER = "WO-9001"
READY_S = 60.0
STOPS_WITHIN_S = 20.0
DRAIN_S = 100.0
TOKENS = {
    "LINESIDE_GATEWAY_TOKEN": "gate",
    "LINESIDE_HMI_TOKEN": "screen",
    "LINESIDE_ADMIN_TOKEN": "office",
}


async def until(condition: Callable[[], bool], what: Callable[[], str], within_s: float) -> None:
    """Wait for a condition; fail with what `what` says when it does not come true in time."""
    for _ in range(int(within_s / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    assert condition(), f"not within {within_s:g} s: {what()}"


@dataclass
class Program:
    """A child process that is killed, not asked."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.command],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """kill -9."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None


@dataclass
class Wire:
    """One plant: an edge, a broker, a gateway, a server, a database."""

    directory: Path
    database_url: str
    wanted: Wanted
    broker: PlantBroker
    server: Program
    server_port: int
    edge: Program
    gateway_config: Config
    office: Office
    _gateway: tuple[asyncio.Task[None], asyncio.Event] | None = None
    links: dict[str, TcpProxy] = field(default_factory=dict[str, TcpProxy])

    @property
    def outbox(self) -> Path:
        return Path(self.wanted.outbox)

    def want(self, **totals: Any) -> None:
        """Change what the edge makes; it is heeded at its next start."""
        self.wanted = msgspec.structs.replace(self.wanted, **totals)
        Path(self.edge.command[-1]).write_bytes(msgspec.json.encode(self.wanted))

    def start_gateway(self) -> None:
        stop = asyncio.Event()
        gateway = compose(self.gateway_config, SystemClock())
        self._gateway = asyncio.create_task(gateway.run(stop)), stop

    async def stop_gateway(self) -> None:
        if self._gateway is not None:
            work, stop = self._gateway
            self._gateway = None
            stop.set()
            await asyncio.wait([work], timeout=STOPS_WITHIN_S)
            assert work.done(), "\n".join(
                f"still running: {task.get_coro()} {task.get_stack()}"
                for task in asyncio.all_tasks()
            )
            await work

    async def start_server(self) -> None:
        self.server.start()
        url = f"http://{HOST}:{self.server_port}/api/v1/health"
        async with httpx.AsyncClient(trust_env=False) as http:
            for _ in range(int(READY_S / 0.05)):
                assert self.server.running, self.server.log.read_text()[-3000:]
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get(url)).status_code == 200:
                        return
                await asyncio.sleep(0.05)
        raise AssertionError(f"no server: {self.server.log.read_text()[-3000:]}")

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(query, values or None).fetchall()  # pyright: ignore

    def value(self, query: str, *values: object) -> Any:
        """The first column of the first row."""
        return self.rows(query, *values)[0][0]

    def held(self) -> tuple[int, int]:
        """(newest sequence, facts held) of the outbox on disk."""
        if not self.outbox.exists():
            return 0, 0
        with contextlib.closing(sqlite3.connect(self.outbox, timeout=5)) as db:
            newest = db.execute("select value from meta where key = 'last_seq'").fetchone()
            held = db.execute("select count(*) from facts").fetchone()
            return (newest[0] if newest else 0), held[0]

    def totals(self) -> dict[str, Decimal]:
        """How far the server has committed each total of the unit."""
        return dict(
            self.rows(
                "select s.name, t.total from signal_total t join signal s on s.id = t.signal_id "
                "join equipment e on e.id = s.equipment_id where e.path = %s",
                UNIT,
            )
        )

    def _all_made(self) -> bool:
        made, wanted = self.totals(), self.wanted
        reached = {"good": wanted.good, "scrap": wanted.scrap, **wanted.weighed}
        return all(made.get(name) == total for name, total in reached.items())

    async def drained(self) -> None:
        """Wait until everything wanted is made and committed, and the outbox is empty."""
        await until(
            lambda: self._all_made() and self.held()[1] == 0,
            lambda: (
                f"wanted {self.wanted}, committed {self.totals()}, outbox {self.held()}, "
                f"sources {self.rows('select agent, outbox_epoch, through from source')}, "
                f"edge: {self.edge.log.read_text()[-1500:]}"
            ),
            DRAIN_S,
        )


@contextlib.asynccontextmanager
async def running_wire(
    directory: Path,
    database_url: str,
    *,
    seed: int,
    edge_broker: PlantBroker | None = None,
    dice: bool = True,
    **totals: Any,
) -> AsyncIterator[Wire]:
    """Everything started, an order running at the unit; stopped and killed at the end.

    With an `edge_broker` the edge is on a bus of its own, and somebody else bridges the two. Without `dice` there is
    neither edge nor order: who calls brings them.
    """
    wire = _wire(directory, database_url, edge_broker, seed=seed, **totals)
    try:
        wire.broker.start()
        for link in wire.links.values():
            await link.start()
        await wire.start_server()
        await _material(wire)
        wire.start_gateway()
        if dice:
            await _order(wire)
            wire.edge.start()
        yield wire
    finally:
        await wire.office.close()
        wire.edge.kill()
        for link in wire.links.values():
            await link.restore()
        await wire.stop_gateway()
        wire.server.kill()
        for link in wire.links.values():
            await link.stop()
        wire.broker.stop()


def _wire(
    directory: Path,
    database_url: str,
    edge_broker: PlantBroker | None,
    *,
    seed: int,
    **totals: Any,
) -> Wire:
    broker = PlantBroker(directory=directory)
    edge_target = (edge_broker or broker).port
    server_port = free_port()
    edge_port, bus_port, link_port = free_port(), free_port(), free_port()
    links = {
        "edge-broker": TcpProxy(port=edge_port, target_port=edge_target),
        "gateway-broker": TcpProxy(port=bus_port, target_port=broker.port),
        "gateway-server": TcpProxy(port=link_port, target_port=server_port),
    }
    wanted = Wanted(
        site=SITE,
        agent=AGENT,
        unit=UNIT,
        outbox=str(directory / "edge" / "outbox.sqlite"),
        broker_port=edge_port,
        seed=seed,
        **totals,
    )
    settings, wishes = directory / "server.toml", directory / "wanted.json"
    settings.write_text(f'[server]\nlisten = "{HOST}:{server_port}"\nplant = "{SITE}"\n')
    wishes.write_bytes(msgspec.json.encode(wanted))
    return Wire(
        directory=directory,
        database_url=database_url,
        wanted=wanted,
        broker=broker,
        server=Program(
            ["-c", SERVER, "--config", str(settings)],
            {**TOKENS, "LINESIDE_DATABASE_URL": database_url},
            directory / "server.log",
        ),
        server_port=server_port,
        edge=Program(["-m", "tests.faults.dice_edge", str(wishes)], {}, directory / "edge.log"),
        gateway_config=Config(
            name="gate",
            plant=load_plant(builtin_plant(SITE)),
            bus=Broker(host=HOST, port=bus_port),
            server_url=f"http://{HOST}:{link_port}",
            token=TOKENS["LINESIDE_GATEWAY_TOKEN"],
        ),
        office=Office(url=f"http://{HOST}:{server_port}", token=TOKENS["LINESIDE_ADMIN_TOKEN"]),
        links=links,
    )


async def _material(wire: Wire) -> None:
    """Master data, and too little resin."""
    office = wire.office
    data = {name: rows for name, rows in demo_data().master_data.items() if name != "loops"}
    await office.put_master_data(_plain(data))
    for item, lot, quantity in (
        ("PP-RESIN", "PP-1", "20"),
        ("PP-RESIN", "PP-2", "40"),
        ("MB-WHITE", "MB-1", "900"),
    ):
        body = {"item": item, "lot": lot, "quantity": quantity, "location": "M1-LS"}
        await office.command("receipts", body)


async def _order(wire: Wire) -> None:
    """An order that runs at the unit."""
    office = wire.office
    order = {
        "number": ORDER,
        "item": "KETTLE-BODY",
        "quantity": "100000",
        "equipment": UNIT,
        "due_at": "2099-01-01T00:00:00+00:00",
    }
    await office.command("work-orders", order)
    await office.command(f"work-orders/{ORDER}/release", {})
    await office.command(f"work-orders/{ORDER}/start", {})


def _plain(document: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document))
