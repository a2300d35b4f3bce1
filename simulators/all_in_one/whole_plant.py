"""Starts and stops every program of the plant in order: the same for the demo and for the score run."""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mes_server.embedded_postgres import EmbeddedPostgres
from simulators.all_in_one import programs
from simulators.all_in_one.data_directory import DataDirectory, Ports, free_ports
from simulators.all_in_one.supervisor import Supervisor

DATABASE_ENV = "LINESIDE_DATABASE_URL"
MQTT_ENV = "LINESIDE_MQTT_URL"
_WATCH_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How this plant is to be run."""

    scenario: str
    seed: str
    speed: float
    with_hmi: bool
    api_port: int | None = None
    """None: a free one."""
    hmi_port: int | None = None


class WholePlant:
    """All programs on one data directory. `start`, then `stop`, whatever happened in between."""

    def __init__(self, data: DataDirectory, wishes: Wishes, *, tell: Callable[[str], None]) -> None:
        self.data = data
        self.wishes = wishes
        self.supervisor = Supervisor(data.logs, tell=tell)
        self.external_database = os.environ.get(DATABASE_ENV)
        self.external_broker = os.environ.get(MQTT_ENV)
        self._tell = tell
        self._postgres: EmbeddedPostgres | None = None
        self._starting: asyncio.Task[str] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._layout: programs.Layout | None = None

    @property
    def layout(self) -> programs.Layout:
        """What the programs were told; there is one after `start`."""
        assert self._layout is not None
        return self._layout

    async def start(self) -> None:
        """Start everything; raises StartFailed or PostgresUnavailable."""
        database_url = self.external_database or await self._start_postgres()
        self._layout = layout = self._plan(database_url)
        if not self.external_broker:
            await self._start(programs.broker(layout))
        await self._start(programs.simulators(layout))
        await self._start(programs.server(layout))
        await self._start(programs.gateway(layout))
        for edge in programs.edges(layout):
            await self._start(edge)
        if self.wishes.with_hmi:
            await self._start(programs.hmi(layout))

    async def stop(self) -> list[str]:
        """Stop everything; returns the names of programs that had to be killed."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        stubborn = await self.supervisor.stop()
        if self._postgres is not None and self._starting is not None:
            # A start that was cut short goes on in its thread; a stop beside it would miss it.
            await asyncio.gather(self._starting, return_exceptions=True)
            await asyncio.to_thread(self._postgres.stop)
        return stubborn

    def kill(self, name: str) -> None:
        """kill -9 one program, or our `postgres`; it comes back by itself."""
        if name == "postgres":
            assert self._postgres is not None
            assert self._postgres.pid is not None
            os.kill(self._postgres.pid, signal.SIGKILL)
        else:
            self.supervisor.kill(name)

    def erase(self) -> None:
        """Delete all data, the embedded database first; the plant must not be running."""
        EmbeddedPostgres(data_directory=self.data.database).erase()
        self.data.erase()

    def _plan(self, database_url: str) -> programs.Layout:
        free = free_ports()
        ports = Ports(
            api=self.wishes.api_port or next(free),
            hmi=self.wishes.hmi_port or next(free),
            mqtt=next(free),
            control=next(free),
        )
        mqtt_url = self.external_broker or f"mqtt://{programs.HOST}:{ports.mqtt}"
        broker = urlsplit(mqtt_url)
        plant = self.data.write_plant(
            programs.plant_text(),
            mqtt=(broker.hostname or programs.HOST, broker.port or 1883),
            free=free,
        )
        return programs.Layout(
            data=self.data,
            ports=ports,
            tokens=self.data.tokens(),
            database_url=database_url,
            mqtt_url=mqtt_url,
            plant=plant,
            scenario=self.wishes.scenario,
            seed=self.wishes.seed,
            speed=self.wishes.speed,
            simulators=self.data.path / "simulators",
        )

    async def _start(self, spec: programs.ProgramSpec) -> None:
        seconds = await self.supervisor.start(spec)
        self._tell(f"  {spec.name:<14} ready after {seconds:4.1f} s")

    async def _start_postgres(self) -> str:
        begun = asyncio.get_running_loop().time()
        self._postgres = EmbeddedPostgres(data_directory=self.data.database)
        self._starting = asyncio.create_task(asyncio.to_thread(self._postgres.start))
        url = await asyncio.shield(self._starting)
        seconds = asyncio.get_running_loop().time() - begun
        self._tell(f"  {'postgres':<14} ready after {seconds:4.1f} s")
        self._watch = asyncio.create_task(self._keep_postgres(self._postgres))
        return url

    async def _keep_postgres(self, postgres: EmbeddedPostgres) -> None:
        """Start PostgreSQL again when its postmaster was killed; it recovers from its log."""
        while True:
            await asyncio.sleep(_WATCH_S)
            if postgres.pid is not None and not lives(postgres.pid):
                self._tell("postgres was killed; it recovers")
                await asyncio.to_thread(postgres.stop)
                await asyncio.to_thread(postgres.start)


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie does not (Linux; elsewhere a zombie is taken for alive)."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
