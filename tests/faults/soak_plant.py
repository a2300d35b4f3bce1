"""A plant whose every program can be killed, every link broken, and every clock stepped: real processes, real wires."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

from mes_server.embedded_postgres import EmbeddedPostgres
from simulators.all_in_one import programs
from simulators.all_in_one.data_directory import DataDirectory, Ports, free_ports
from simulators.all_in_one.program import ProgramSpec
from simulators.all_in_one.programs import HOST
from simulators.all_in_one.supervisor import Supervisor
from simulators.all_in_one.whole_plant import lives
from simulators.control import Order, ask
from simulators.truth import TRUTH_FILE
from tests.conformance.tcp_proxy import TcpProxy
from tests.faults.small_disk import SmallDisk
from tests.faults.soak_plan import AGENTS
from tests.faults.stepped_program import CLOCK_FILE

BrokerKind = Literal["iotcore", "mosquitto"]
SCENARIO = "kettle-works-score"
WATCH_S = 0.2
MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 100000
log_type error
{user}
"""


class SoakPlant:
    """`start`, then `stop`, whatever happened in between."""

    def __init__(
        self, data: DataDirectory, *, broker: BrokerKind, seed: str, tell: Callable[[str], None]
    ) -> None:
        self.data = data
        self.supervisor = Supervisor(data.logs, tell=lambda _: None)
        self.links: dict[str, TcpProxy] = {}
        self.postgres = EmbeddedPostgres(data_directory=data.database)
        self.database_url = ""
        self.disks = {agent: SmallDisk(self.outbox_of(agent)) for agent in AGENTS}
        self.recoveries = 0
        """Of PostgreSQL."""
        self._broker, self._seed, self._tell = broker, seed, tell
        self._watch: asyncio.Task[None] | None = None
        self._postgres_turn = asyncio.Lock()
        self._layout: programs.Layout | None = None

    @property
    def layout(self) -> programs.Layout:
        """What the programs were told; there is one after `start`."""
        assert self._layout is not None
        return self._layout

    @property
    def truth_file(self) -> Path:
        """The simulators' own books."""
        return self.layout.simulators / TRUTH_FILE

    def log_of(self, name: str) -> str:
        """Everything a program has written."""
        file = self.data.logs / f"{name}.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def outbox_of(self, agent: str) -> Path:
        """The directory of an edge's data."""
        return self.data.path / agent

    def settings_of(self, agent: str) -> Path:
        """An edge's settings file."""
        return self.data.settings / f"{agent}.toml"

    async def start(self) -> None:
        """Start everything; raises StartFailed or PostgresUnavailable."""
        for disk in self.disks.values():
            disk.mount()
        self.database_url = await asyncio.to_thread(self.postgres.start)
        self._watch = asyncio.create_task(self._keep_postgres())
        self._layout = layout = self._plan()
        for link in self.links.values():
            await link.start()
        ports = layout.ports
        on_link = lambda name: f"mqtt://{HOST}:{self.links[name].port}"  # noqa: E731
        url = f"postgresql://lineside@{HOST}:{self.links['server-postgres'].port}/lineside"
        specs = [
            self._broker_spec(layout),
            programs.simulators(layout),
            self._stepped("mes_server.compose", programs.server(replace(layout, database_url=url))),
            self._stepped(
                "gateway.compose",
                programs.gateway(
                    replace(
                        layout,
                        mqtt_url=on_link("gateway-broker"),
                        ports=replace(ports, api=self.links["gateway-server"].port),
                    )
                ),
            ),
            *(
                self._stepped("edge.compose", spec)
                for spec in programs.edges(replace(layout, mqtt_url=on_link("edge-broker")))
            ),
        ]
        for spec in specs:
            await self.supervisor.start(spec)

    async def stop(self) -> list[str]:
        """Stop everything; returns the names of programs that had to be killed."""
        if self._watch is not None:
            async with self._postgres_turn:
                self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        stubborn = await self.supervisor.stop()
        for link in self.links.values():
            await link.stop()
        await asyncio.to_thread(self.postgres.stop)
        await asyncio.to_thread(self.postgres.erase)
        for disk in self.disks.values():
            disk.unmount()
        return stubborn

    async def ask(self, order: Order) -> dict[str, object]:
        """Ask the simulators' control desk."""
        return await ask(HOST, self.layout.ports.control, order)

    def kill(self, name: str) -> None:
        """kill -9; it comes back by itself."""
        if name != "postgres":
            self.supervisor.kill(name)
        elif self.postgres.pid is not None:
            os.kill(self.postgres.pid, signal.SIGKILL)

    def step_clock(self, program: str, offset_s: float) -> None:
        """Let a program's wall clock be off by so much from now on."""
        file = self._clock_of(program)
        fresh = file.with_suffix(".new")
        fresh.write_text(f"{offset_s:g}")
        fresh.replace(file)

    def hang_up(self, program: str) -> None:
        """SIGHUP."""
        os.kill(self.supervisor.pid(program), signal.SIGHUP)

    def _plan(self) -> programs.Layout:
        free = free_ports()
        ports = Ports(api=next(free), hmi=next(free), mqtt=next(free), control=next(free))
        socket = Path(self.database_url.rpartition("host=")[2].replace("%2F", "/"))
        self.links = {
            "edge-broker": TcpProxy(port=next(free), target_port=ports.mqtt),
            "gateway-broker": TcpProxy(port=next(free), target_port=ports.mqtt),
            "gateway-server": TcpProxy(port=next(free), target_port=ports.api),
            "server-postgres": TcpProxy(port=next(free), target_socket=socket / ".s.PGSQL.5432"),
        }
        plant = self.data.write_plant(programs.plant_text(), mqtt=(HOST, ports.mqtt), free=free)
        return programs.Layout(
            data=self.data,
            ports=ports,
            tokens=self.data.tokens(),
            database_url=self.database_url,
            mqtt_url=f"mqtt://{HOST}:{ports.mqtt}",
            plant=plant,
            scenario=SCENARIO,
            seed=self._seed,
            speed=1.0,
            simulators=self.data.path / "simulators",
        )

    def _broker_spec(self, layout: programs.Layout) -> ProgramSpec:
        spec = programs.broker(layout)
        if self._broker == "iotcore":
            return spec
        user = "user root" if os.geteuid() == 0 else ""
        settings = self.data.write(
            "mosquitto.conf", MOSQUITTO.format(port=layout.ports.mqtt, user=user)
        )
        return replace(spec, command=(str(find_mosquitto()), "-c", str(settings)))

    def _stepped(self, module: str, spec: ProgramSpec) -> ProgramSpec:
        """The same program on a clock that can be stepped."""
        self._clock_of(spec.name).write_text("0")
        words = spec.command[spec.command.index("--config") :]
        return replace(
            spec,
            command=(sys.executable, "-m", "tests.faults.stepped_program", module, *words),
            environment={**spec.environment, CLOCK_FILE: str(self._clock_of(spec.name))},
        )

    def _clock_of(self, program: str) -> Path:
        return self.data.settings / f"{program}.clock"

    async def _keep_postgres(self) -> None:
        """Start PostgreSQL again when its postmaster was killed; it recovers from its log."""
        while True:
            await asyncio.sleep(WATCH_S)
            if self.postgres.pid is not None and not lives(self.postgres.pid):
                async with self._postgres_turn:
                    await asyncio.to_thread(self.postgres.stop)
                    await asyncio.to_thread(self.postgres.start)
                self.recoveries += 1


def find_mosquitto() -> str | None:
    """Where mosquitto is installed; Debian puts it where only root looks."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


__all__ = ["AGENTS", "BrokerKind", "SoakPlant", "find_mosquitto"]
