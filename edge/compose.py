"""`lineside-edge`: settings, composition and start of one edge agent; and the check of profiles and plant files."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import uuid
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import structlog

from device_profiles.broker import Broker, read_broker
from device_profiles.endpoint import endpoint_fault, shown
from device_profiles.plant import Device, Plant
from device_profiles.plant_setting import read_plant_setting
from device_profiles.program import (
    Clock,
    Settings,
    SettingsFaults,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from edge.agent import Agent
from edge.bench.arguments import add_bench_commands
from edge.bench.commands import Bench, Settled, run_bench_command
from edge.certificate_command import add_certificate_command, run_certificate_command
from edge.driver import Driver
from edge.drivers import SharedLinks, driver_for
from edge.ending import end
from edge.opcua_security import NO_SECURITY, OpcUaSecurity
from edge.outbox import FACTS_MAX, SIZE_BYTES_MAX, Outbox, OutboxLimits
from edge.reload import fixed, touched
from edge.security_settings import read_security

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_EPILOG = """\
A configuration file (TOML):

  agent = "edge-moulding"          # devices of the plant file with this agent are read
  plant = "kettle-works"           # id of a built-in plant, or the path of a plant file
  data_directory = "var/edge-moulding"
  log_level = "info"
  # secrets_file = "secrets.env"   # NAME=value lines that only this user can read; the environment wins
  # profile_directory = "profiles" # profiles of your own, found before the built-in ones

  [mqtt]
  url = "mqtt://127.0.0.1:1883"    # MQTT 5, with TLS mqtts://host:8883; LINESIDE_MQTT_URL overrides it
  # ca_file = "ca.pem"             # the plant's authority (TLS); see docs/security.md
  # username = "edge-moulding"     # its password: LINESIDE_MQTT_PASSWORD in the environment or in secrets_file

  [endpoints]                      # where this site differs from the plant file
  imm1 = "opc.tcp://10.0.0.5:4840/moulder"

  [security.imm1]                  # an OPC UA server that asks for more than an open line
  mode = "sign-and-encrypt"        # or "sign"; see docs/protocols.md and `lineside-edge certificate --help`
  user = "lineside"                # its password: LINESIDE_OPCUA_PASSWORD_IMM1 from the environment

  [outbox]
  facts_max = 500000               # measurements go first, then counts merge per minute; a count is never discarded

SIGHUP makes a running agent read this file and the plant file again: devices that changed begin anew without a piece
lost, the others are not disturbed. Settings with a fault are refused in the log, and the agent goes on as it was.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything one agent needs to know."""

    agent: str
    plant: Plant
    data_directory: Path
    broker: Broker
    log_level: str = "info"
    limits: OutboxLimits = field(default_factory=OutboxLimits)
    security: Mapping[str, OpcUaSecurity] = field(default_factory=dict[str, OpcUaSecurity])
    """OPC UA device -> how its server is trusted."""

    @property
    def devices(self) -> dict[str, Device]:
        """The devices that this agent reads."""
        return {d.id: d for d in self.plant.devices.values() if d.agent == self.agent}


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read and check the settings; raises SettingsFaults with everything that is wrong."""
    settings = Settings.load(path, environment=environment)
    agent = settings.text("agent")
    plant = read_plant_setting(settings, "plant", profiles="profile_directory")
    data_directory = settings.seen_from_file(
        settings.text("data_directory", f"var/{agent or 'edge'}")
    )
    log_level = settings.text("log_level", "info")
    if log_level.upper() not in logging.getLevelNamesMapping():
        settings.fault(
            "log_level", f"log_level is {log_level!r}; write debug, info, warning or error"
        )
    broker = read_broker(settings)
    limits = OutboxLimits(
        facts_max=settings.integer("outbox.facts_max", FACTS_MAX, low=20_000),
        size_bytes_max=settings.integer(
            "outbox.size_bytes_max", SIZE_BYTES_MAX, low=1 << 20, high=1 << 40
        ),
    )
    certificates = settings.optional_text("certificates")
    certificates = (
        settings.seen_from_file(certificates) if certificates else data_directory / "certificates"
    )
    security: Mapping[str, OpcUaSecurity] = {}
    if plant is not None:
        security = read_security(settings, plant.devices.values(), certificates)
        plant = _with_endpoints(settings, plant)
        agents = sorted({device.agent for device in plant.devices.values()})
        if agent and agent not in agents:
            settings.fault(
                "agent",
                f"{agent!r} reads no device of {plant.site}; agents there: {', '.join(agents)}",
            )
    settings.finish()
    if plant is None:
        raise SettingsFaults([f"{path}: no plant"])
    return Config(
        agent=agent,
        plant=plant,
        data_directory=data_directory,
        broker=broker,
        log_level=log_level,
        limits=limits,
        security=security,
    )


def compose(config: Config, clock: Clock) -> Agent:
    """The agent, ready to run; nothing is opened yet."""
    return Agent(
        site=config.plant.site,
        name=config.agent,
        devices=[*config.devices.values()],
        drivers=compose_drivers(config, clock),
        outbox=Outbox(
            config.data_directory / "outbox.sqlite",
            now_ms=int(clock.now().timestamp() * 1000),
            limits=config.limits,
        ),
        broker=config.broker,
        clock=clock,
        boot=_boot(clock),
    )


def compose_drivers(
    config: Config, clock: Clock, only: Container[str] | None = None
) -> dict[str, Driver]:
    """The drivers of the agent's devices, or of some of them; nothing is connected yet."""
    links = SharedLinks()
    return {
        device.id: driver_for(
            device,
            clock=clock,
            broker=config.broker,
            links=links,
            security=config.security.get(device.id, NO_SECURITY),
        )
        for device in config.devices.values()
        if only is None or device.id in only
    }


def main(argv: Sequence[str] | None = None) -> int:
    """`lineside-edge --config FILE`, or one of its commands. Exit status."""
    parser = argparse.ArgumentParser(
        prog="lineside-edge",
        description="Reads machines and scales, keeps facts on disk until the server has committed them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="TOML file with the agent's settings"
    )
    commands = parser.add_subparsers(dest="command", metavar="command")
    add_bench_commands(commands.add_parser)
    add_certificate_command(commands.add_parser)
    arguments = parser.parse_args(argv)
    if arguments.command == "certificate":
        return run_certificate_command(
            arguments, now=SystemClock().now(), hostname=socket.gethostname(), say=print
        )
    if arguments.command:
        _silence_libraries()
        return run_bench_command(arguments, _bench())
    try:
        config = load_config(arguments.config, os.environ)
    except SettingsFaults as faults:
        print(faults, file=sys.stderr)
        return 2
    configure_logging(program="edge", level=config.log_level)
    _silence_libraries()
    clock = SystemClock()

    async def work(stop: asyncio.Event) -> None:
        agent, again = compose(config, clock), asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, again.set)
        read_anew = lambda: load_config(arguments.config, os.environ)  # noqa: E731
        reloading = asyncio.create_task(reload(agent, config, read_anew, clock, again))
        try:
            await agent.run(stop)
        finally:
            await end(reloading)

    return run_until_stopped(work)


async def reload(
    agent: Agent,
    config: Config,
    read_anew: Callable[[], Config],
    clock: Clock,
    wanted: asyncio.Event,
) -> None:
    """Whenever it is wanted, read the settings again and let the running agent follow them, until cancelled.

    Settings with a fault are refused, with every fault in the log, and the agent goes on as it was.
    """
    log = structlog.get_logger()
    while True:
        await wanted.wait()
        wanted.clear()
        try:
            fresh = await asyncio.to_thread(read_anew)
        except SettingsFaults as faults:
            log.error("new settings refused, the old ones go on", faults=list(faults.faults))
            continue
        if refused := fixed(_fixed_part(config), _fixed_part(fresh)):
            log.error("new settings refused, the old ones go on", faults=refused)
            continue
        trust = {
            name
            for name in config.security.keys() | fresh.security.keys()
            if config.security.get(name) != fresh.security.get(name)
        }
        anew = touched(config.devices, fresh.devices, other=frozenset(trust))
        try:
            await agent.rearrange([*fresh.devices.values()], compose_drivers(fresh, clock, anew))
        except Exception:
            log.exception("new settings not taken, try again or restart the agent")
            continue
        config = fresh
        log.info("new settings taken", devices=sorted(fresh.devices), begun_anew=sorted(anew))


def _fixed_part(config: Config) -> dict[str, object]:
    """What a running agent cannot change."""
    return {
        "agent": config.agent,
        "the site of the plant file": config.plant.site,
        "data_directory": config.data_directory,
        "mqtt": config.broker,
        "outbox": config.limits,
        "log_level": config.log_level,
    }


def _silence_libraries() -> None:
    """What these libraries report comes through our drivers, once and in our words."""
    for noisy in ("asyncua", "pymodbus", "mqtt"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def _bench() -> Bench:
    """What the bench's commands are lent."""
    clock = SystemClock()

    def settled(path: Path) -> Settled:
        config = load_config(path, os.environ)
        return Settled(
            plant=config.plant,
            drivers=compose_drivers(config, clock),
            broker=config.broker,
            security=config.security,
        )

    configure_logging(program="edge", level="error")
    return Bench(
        clock=clock,
        broker=Broker(
            host="",
            port=0,
            username=os.environ.get("LINESIDE_MQTT_USERNAME"),
            password=os.environ.get("LINESIDE_MQTT_PASSWORD"),
            ca_file=Path(ca_file) if (ca_file := os.environ.get("LINESIDE_MQTT_CA_FILE")) else None,
        ),
        say=print,
        complain=lambda text: print(text, file=sys.stderr),
        settled=settled,
    )


def _with_endpoints(settings: Settings, plant: Plant) -> Plant:
    """The plant with the endpoints that the settings override."""
    devices: dict[str, Device] = dict(plant.devices)
    for name, endpoint in settings.mapping("endpoints").items():
        key = f"endpoints.{name}"
        if name not in devices:
            settings.fault(
                key, f"{name!r} is no device of the plant; devices: {', '.join(devices)}"
            )
            continue
        if wrong := endpoint_fault(endpoint, devices[name].profile.protocol):
            settings.fault(key, f"endpoint {shown(endpoint)!r} does not suit {name}; {wrong}")
        devices[name] = replace(devices[name], endpoint=endpoint)
    return replace(plant, devices=devices)


def _boot(clock: Clock) -> str:
    """Names the monotonic clock: the machine's boot where it outlives this process, else this run."""
    if isinstance(clock, SystemClock) and _BOOT_ID.exists():
        return _BOOT_ID.read_text(encoding="ascii").strip()
    return uuid.uuid4().hex


if __name__ == "__main__":
    sys.exit(main())
