"""The little plant of `benchmarks.edge`: one device with many counters, its agent, a broker and a gateway, each a process."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from simulators.broker import PAYLOAD_BYTES_MAX, broker_config

HOST = "127.0.0.1"
NAMESPACE_INDEX = 2
"""What node-opcua gives the first namespace of its own."""
AGENT, SITE = "edge-bench", "bench"
NAMESPACE = "http://lineside.example/bench"
PAYLOAD_BYTES_DEFAULT = 20_480
"""What rumqttd takes in one message when nobody says otherwise."""
_GATEWAY = "import sys; from gateway.compose import main; sys.exit(main())"
READY_S = 60.0
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass
class Process:
    """A child process, its log, and what it has cost."""

    name: str
    command: Sequence[str]
    directory: Path
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    _child: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """Where it says what it says."""
        return self.directory / f"{self.name}.log"

    def start(self) -> None:
        """Start it."""
        with self.log.open("wb") as log:
            self._child = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )

    def cpu_s(self) -> float:
        """CPU seconds so far, with those of its threads and children."""
        assert self._child is not None
        found = 0.0
        for pid in (self._child.pid, *_below(self._child.pid)):
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                found += (int(fields[11]) + int(fields[12])) / _TICKS_PER_S
        return found

    def has_ended(self) -> bool:
        """Whether it ended by itself."""
        return self._child is not None and self._child.poll() is not None

    def stop(self) -> None:
        """End it; it is killed when it does not."""
        if self._child is None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait(5)


def _below(pid: int) -> Iterator[int]:
    """The processes that a process has started, and theirs."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from _below(int(child))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether somebody does."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0


def profile(*, protocol: str, tags: int, poll_ms: int) -> dict[str, object]:
    """A device of nothing but 32-bit counters."""
    count = {
        "kind": "cumulative",
        "modulus": 2**32,
        "rate_max_per_s": 10_000,
        "burst": 1_000,
        "jitter": 0,
    }

    def signal_at(tag: int) -> dict[str, object]:
        where: dict[str, object] = {"table": "holding", "address": 2 * tag}
        if protocol == "opcua":
            where = {"node_id": f"b:s=t{tag}"}
        return {"role": "produced", **where, "type": "u32", "unit": "pcs", "counter": count}

    more: dict[str, object] = {"modbus": {"gap_max": 0, "block_max": 124}}
    if protocol == "opcua":
        more = {"opcua": {"namespaces": {"b": NAMESPACE}}}
    return {
        "schema": "lineside.profile/1",
        "id": "bench-device",
        "name": {"en": "Bench device"},
        "protocol": protocol,
        "source": {"document": "benchmarks/edge.py", "verified": "by the benchmark"},
        "poll_ms": poll_ms,
        "lost_after_s": 5,
        **more,
        "signals": {f"t{tag}": signal_at(tag) for tag in range(tags)},
    }


def plant(endpoint: str) -> dict[str, object]:
    """One unit with that device."""
    return {
        "schema": "lineside.plant/1",
        "site": SITE,
        "name": {"en": "Bench"},
        "time_zone": "UTC",
        "equipment": [
            {"path": "a", "name": {"en": "A"}},
            {"path": "a/l", "name": {"en": "L"}},
            {"path": "a/l/u", "name": {"en": "U"}},
        ],
        "devices": [
            {
                "id": "device",
                "equipment": "a/l/u",
                "profile": "bench-device",
                "endpoint": endpoint,
                "agent": AGENT,
            }
        ],
    }


@dataclass
class Lab:
    """Writes the settings and starts the programs one by one; stops them in turn."""

    directory: Path
    broker_port: int = field(default_factory=free_port)
    running: list[Process] = field(default_factory=list[Process])

    def write(self, *, protocol: str, tags: int, poll_ms: int, endpoint: str, server: int) -> None:
        """All settings of agent and gateway."""
        profiles = self.directory / "profiles"
        profiles.mkdir()
        found = profile(protocol=protocol, tags=tags, poll_ms=poll_ms)
        (profiles / "bench-device.yaml").write_text(yaml.safe_dump(found, sort_keys=False))
        (self.directory / "plant.yaml").write_text(yaml.safe_dump(plant(endpoint), sort_keys=False))
        mqtt = f'[mqtt]\nurl = "mqtt://{HOST}:{self.broker_port}"\n'
        (self.directory / "edge.toml").write_text(
            f'agent = "{AGENT}"\nplant = "{self.directory}/plant.yaml"\n'
            f'profile_directory = "{profiles}"\ndata_directory = "{self.directory}/data"\n{mqtt}'
        )
        (self.directory / "gateway.toml").write_text(
            f'[gateway]\nplant = "plant.yaml"\nprofile_directory = "{profiles}"\n{mqtt}'
            f'[server]\nurl = "http://{HOST}:{server}"\n'
        )

    def start(self, name: str, *command: str, **environment: str) -> Process:
        """One more program."""
        process = Process(name, command, self.directory, environment)
        process.start()
        self.running.append(process)
        return process

    def start_broker(self, *, payload_bytes: int = PAYLOAD_BYTES_DEFAULT) -> Process:
        """rumqttd with its default limits, or mosquitto where the environment asks for it."""
        config = self.directory / "broker.toml"
        if os.environ.get("LINESIDE_BENCH_BROKER") == "mosquitto":
            config.write_text(f"listener {self.broker_port} {HOST}\nallow_anonymous true\n")
            return self.start("broker", "mosquitto", "-c", str(config))
        text = broker_config(host=HOST, port=self.broker_port)
        config.write_text(text.replace(str(PAYLOAD_BYTES_MAX), str(payload_bytes)))
        return self.start(
            "broker",
            *(sys.executable, "-m", "simulators.broker", "--port", str(self.broker_port)),
            *("--config-file", str(config)),
        )

    def start_gateway(self, *, token: str = "bench") -> Process:
        """The gateway program."""
        settings = str(self.directory / "gateway.toml")
        command = (sys.executable, "-c", _GATEWAY, "--config", settings)
        return self.start("gateway", *command, LINESIDE_GATEWAY_TOKEN=token)

    def start_edge(self) -> Process:
        """The agent program."""
        settings = str(self.directory / "edge.toml")
        return self.start("edge", sys.executable, "-m", "edge.compose", "--config", settings)


@contextlib.contextmanager
def lab() -> Iterator[Lab]:
    """A lab in a directory of its own; everything is stopped and erased after."""
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as directory:
        found = Lab(Path(directory))
        try:
            yield found
        finally:
            for process in reversed(found.running):
                process.stop()


async def until(
    plant: Lab, condition: Callable[[], object], what: str, *, within_s: float = READY_S
) -> None:
    """Wait for a condition; says what a program said that ended instead."""
    deadline = time.monotonic() + within_s
    while not condition():
        for process in plant.running:
            if process.has_ended():
                raise SystemExit(f"{process.name} ended:\n{process.log.read_text()[-2000:]}")
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(0.02)
