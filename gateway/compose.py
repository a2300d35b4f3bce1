"""lineside-gateway: puts the gateway together from its settings, and runs it until it is told to stop."""

import argparse
import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import structlog

from device_profiles.catalog import ProfileFaults, builtin_plant, load_plant
from device_profiles.plant import Plant
from device_profiles.program import (
    Clock,
    Settings,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from gateway.admission import rules_of
from gateway.agents import Agents
from gateway.contract.topic import every_agent
from gateway.contract.uplink import AgentStatus, SourceBatch
from gateway.counters import Complaints, Counters
from gateway.delivery import Delivery
from gateway.downlink import Downlink
from gateway.intake import Intake
from gateway.namespace import ABSENT, LiveView, Namespace, presence_topic
from gateway.plant_bus import BusAddress, PlantBus, parse_bus_url
from gateway.reception import Reception
from gateway.server_link import ServerLink
from gateway.uplink import Marks, Uplink

REPORT_EVERY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a gateway needs to know."""

    name: str
    plant: Plant
    bus: BusAddress
    server_url: str
    token: str = field(repr=False)
    server_ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    namespace: bool = True
    """Whether live values are published northbound."""
    log_level: str = "info"


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read settings and secrets; raises SettingsFaults with everything that is wrong."""
    settings = Settings.load(path, environment=environment)
    plant = _plant(settings, path)
    bus = _bus(settings)
    config = Config(
        name=settings.text("gateway.name", "gateway-1"),
        plant=plant or Plant(site="", name={}, time_zone="UTC", equipment={}),
        bus=bus,
        server_url=settings.text(
            "server.url", "http://127.0.0.1:8000", env="LINESIDE_SERVER_URL"
        ).rstrip("/"),
        server_ca_file=_file(settings, "server.ca_file"),
        token=settings.secret("server.token", env="LINESIDE_GATEWAY_TOKEN"),
        namespace=settings.flag("namespace.enabled", True),
        log_level=settings.text("log.level", "info"),
    )
    if not config.server_url.startswith(("http://", "https://")):
        settings.fault("server.url", "server.url must begin with http:// or https://")
    if config.log_level not in ("debug", "info", "warning", "error"):
        settings.fault("log.level", "log.level must be debug, info, warning or error")
    settings.finish()
    return config


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway that is ready to run."""

    config: Config
    counters: Counters
    intake: Intake
    bus: PlantBus
    server: ServerLink
    uplink: Uplink
    downlink: Downlink
    agents: Agents
    namespace: Namespace
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What is in flight then is sent again by its agent later."""
        log = structlog.get_logger()
        log.info("started", gateway=self.config.name, site=self.config.plant.site)
        jobs = [self.bus, self.uplink, self.downlink, self.agents]
        async with self.server, asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(job.run()) for job in jobs]
            running.append(tasks.create_task(self._report()))
            if self.config.namespace:
                running.append(tasks.create_task(self.namespace.run()))
            await stop.wait()
            if self.config.namespace:
                await self.namespace.leave()
            for task in running:
                task.cancel()
        log.info("stopped", **self.counters.as_fields())

    async def _report(self) -> None:
        while True:
            await self.clock.sleep(REPORT_EVERY_S)
            structlog.get_logger().info(
                "counters",
                waiting=self.intake.facts,
                connected=self.bus.connected,
                **self.counters.as_fields(),
            )


def compose(config: Config, clock: Clock) -> Gateway:
    """Put a gateway together; call inside a running event loop."""
    site = config.plant.site
    rules = rules_of(config.plant)
    counters, complaints = Counters(), Complaints(clock=clock)
    intake = Intake()
    server = ServerLink(url=config.server_url, token=config.token, ca_file=config.server_ca_file)

    def on_facts(batch: SourceBatch) -> None:
        downlink.answered(batch)
        namespace.view.see(batch)

    def on_status(status: AgentStatus) -> None:
        agents.heard(status)
        namespace.view.agent(status)

    def on_connected() -> None:
        agents.forget()
        namespace.reconnected()

    reception = Reception(
        site=site,
        rules=rules,
        intake=intake,
        counters=counters,
        complaints=complaints,
        clock=clock,
        on_facts=on_facts,
        on_status=on_status,
    )
    bus = _plant_bus(config, reception, on_connected)
    marks = Marks(site=site, bus=bus, counters=counters, clock=clock)
    delivery = Delivery(
        gateway=config.name,
        server=server,
        on_marks=marks.relay,
        counters=counters,
        complaints=complaints,
        clock=clock,
    )
    downlink = Downlink(
        site=site, server=server, bus=bus, counters=counters, complaints=complaints, clock=clock
    )
    namespace = Namespace(
        view=LiveView(rules=rules),
        bus=bus,
        presence=presence_topic(site, config.name),
        clock=clock,
    )
    agents = Agents(reminders=(marks.remind, downlink.remind))
    return Gateway(
        config=config,
        counters=counters,
        intake=intake,
        bus=bus,
        server=server,
        uplink=Uplink(intake=intake, deliver=delivery.deliver, clock=clock),
        downlink=downlink,
        agents=agents,
        namespace=namespace,
        clock=clock,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="lineside-gateway",
        description="Judges, batches and relays the facts of a plant's agents to the server, and job orders back down.",
        epilog="Secrets come from the environment: LINESIDE_GATEWAY_TOKEN (required), "
        "LINESIDE_MQTT_USERNAME, LINESIDE_MQTT_PASSWORD. "
        "LINESIDE_MQTT_URL and LINESIDE_SERVER_URL override the file.",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="TOML file with the settings")
    arguments = parser.parse_args(argv)

    async def work(stop: asyncio.Event) -> None:
        config = load_config(arguments.config, os.environ)
        configure_logging(program="lineside-gateway", level=config.log_level)
        await compose(config, SystemClock()).run(stop)

    return run_until_stopped(work)


def _plant_bus(
    config: Config,
    reception: Reception,
    on_connected: Callable[[], None],
) -> PlantBus:
    site = config.plant.site
    will = aiomqtt.Will(presence_topic(site, config.name), ABSENT, retain=True)
    return PlantBus(
        address=config.bus,
        client_id=f"lineside-gateway-{config.name}",
        filters=(every_agent(site, "status"), every_agent(site, "facts")),
        on_message=reception.arrived,
        on_connected=on_connected,
        counters=reception.counters,
        complaints=reception.complaints,
        clock=reception.clock,
        will=will if config.namespace else None,
    )


def _plant(settings: Settings, config_file: Path | None) -> Plant | None:
    """The plant file: the name of one that comes with the product, or a path beside the settings."""
    name = settings.text("gateway.plant")
    path = builtin_plant(name)
    if name.endswith((".yaml", ".yml")):
        path = (config_file.parent if config_file else Path()) / name
    elif name and not path.is_file():
        settings.fault(
            "gateway.plant", f"no plant is called {name!r}; give the path of a .yaml file"
        )
        return None
    try:
        return load_plant(path) if name else None
    except ProfileFaults as faults:
        for fault in faults.faults:
            settings.fault("gateway.plant", str(fault))
        return None


def _bus(settings: Settings) -> BusAddress:
    url = settings.text("mqtt.url", "mqtt://127.0.0.1:1883", env="LINESIDE_MQTT_URL")
    host, port, tls = "", 0, False
    try:
        host, port, tls = parse_bus_url(url)
    except ValueError as error:
        settings.fault("mqtt.url", f"mqtt.url: {error}")
    return BusAddress(
        host=host,
        port=port,
        tls=tls,
        ca_file=_file(settings, "mqtt.ca_file"),
        username=settings.secret("mqtt.username", env="LINESIDE_MQTT_USERNAME", required=False)
        or None,
        password=settings.secret("mqtt.password", env="LINESIDE_MQTT_PASSWORD", required=False)
        or None,
    )


def _file(settings: Settings, key: str) -> Path | None:
    name = settings.optional_text(key)
    if name is None:
        return None
    path = Path(name)
    if not path.is_file():
        settings.fault(key, f"{key}: there is no file {name!r}")
    return path
