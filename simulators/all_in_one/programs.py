"""The programs of the all-in-one plant: their settings, how they are started, and when each is ready."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.secrets_file import DEMO_VARIABLE
from simulators.all_in_one.data_directory import DataDirectory, Ports
from simulators.all_in_one.program import ProgramSpec
from simulators.control import Order, ask

HOST = "127.0.0.1"
PLANT = "kettle-works"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Everything the programs are told."""

    data: DataDirectory
    ports: Ports
    tokens: Mapping[str, str]
    database_url: str
    mqtt_url: str
    """Of the broker, ours or an external one."""
    plant: Path
    scenario: str
    seed: str
    speed: float
    simulators: Path
    """Where the simulators keep truth and memory."""

    @property
    def api_url(self) -> str:
        """Base URL of the server's API."""
        return f"http://{HOST}:{self.ports.api}"

    @property
    def hmi_url(self) -> str:
        """Base URL of the screens."""
        return f"http://{HOST}:{self.ports.hmi}"


def plant_text() -> str:
    """The demo plant's file as it comes with the product."""
    return builtin_plant(PLANT).read_text(encoding="utf-8")


def broker(layout: Layout) -> ProgramSpec:
    """The MQTT broker."""
    port = layout.ports.mqtt
    return ProgramSpec(
        name="broker",
        command=_python(
            "simulators.broker",
            "--port",
            str(port),
            "--config-file",
            str(layout.data.settings / "broker.toml"),
        ),
        ready=lambda: _listens(port),
    )


def simulators(layout: Layout) -> ProgramSpec:
    """The simulated machines and scales; they stand still until they are released."""
    settings = layout.data.write(
        "simulators.toml",
        f"""\
plant = "{layout.plant}"
scenario = "{layout.scenario}"
data = "{layout.simulators}"
seed = "{layout.seed}"
speed = {layout.speed}
held = true

[control]
port = {layout.ports.control}
""",
    )

    async def ready() -> bool:
        await ask(HOST, layout.ports.control, Order(do="status"))
        return True

    return _program("simulators", "simulators.compose", settings, ready)


def server(layout: Layout) -> ProgramSpec:
    """The MES server."""
    settings = layout.data.write(
        "server.toml",
        f"""\
[server]
listen = "{HOST}:{layout.ports.api}"
plant = "{layout.plant}"

[sign_in]
pin_roles = ""
""",
    )
    environment = {**layout.tokens, "LINESIDE_DATABASE_URL": layout.database_url}
    return _program(
        "server",
        "mes_server.compose",
        settings,
        lambda: _answers(f"{layout.api_url}/api/v1/health"),
        environment,
    )


def gateway(layout: Layout) -> ProgramSpec:
    """The gateway."""
    settings = layout.data.write(
        "gateway.toml",
        f"""\
[gateway]
name = "gateway-1"
plant = "{layout.plant}"

[mqtt]
url = "{layout.mqtt_url}"

[server]
url = "{layout.api_url}"
""",
    )
    environment = {name: layout.tokens[name] for name in ("LINESIDE_GATEWAY_TOKEN",)}
    return _program("gateway", "gateway.compose", settings, _at_once, environment)


def edges(layout: Layout) -> list[ProgramSpec]:
    """One edge agent for each that the plant file names."""
    agents = sorted({device.agent for device in load_plant(layout.plant).devices.values()})
    return [_edge(layout, agent) for agent in agents]


def hmi(layout: Layout) -> ProgramSpec:
    """The screens."""
    settings = layout.data.write(
        "hmi.toml",
        f"""\
[listen]
host = "{HOST}"
port = {layout.ports.hmi}

[server]
url = "{layout.api_url}"
""",
    )
    names = ("LINESIDE_HMI_TOKEN", "LINESIDE_HMI_STORAGE_SECRET")
    environment = {name: layout.tokens[name] for name in names}
    return _program("hmi", "hmi.compose", settings, lambda: _answers(layout.hmi_url), environment)


def _edge(layout: Layout, agent: str) -> ProgramSpec:
    settings = layout.data.write(
        f"{agent}.toml",
        f"""\
agent = "{agent}"
plant = "{layout.plant}"
data_directory = "{layout.data.path / agent}"

[mqtt]
url = "{layout.mqtt_url}"
""",
    )
    return _program(agent, "edge.compose", settings, _at_once)


def _program(
    name: str,
    module: str,
    settings: Path,
    ready: Callable[[], Awaitable[bool]],
    environment: Mapping[str, str] | None = None,
) -> ProgramSpec:
    return ProgramSpec(
        name=name,
        command=_python(module, "--config", str(settings)),
        environment={**(environment or {}), DEMO_VARIABLE: "yes"},
        ready=ready,
    )


def _python(module: str, *words: str) -> tuple[str, ...]:
    """What the console script of that module does, with this very interpreter."""
    start = f"import sys; from {module} import main; sys.exit(main())"
    return (sys.executable, "-c", start, *words)


async def _at_once() -> bool:
    return True


async def _listens(port: int) -> bool:
    _, writer = await asyncio.open_connection(HOST, port)
    writer.close()
    return True


async def _answers(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url, timeout=3.0)).status_code < 400
    except httpx.HTTPError:
        return False
