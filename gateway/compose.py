"""lineside-gateway: puts the gateway together from its settings, and runs it until it is told to stop."""

import argparse
import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
import structlog

from device_profiles.program import Clock, SystemClock, configure_logging, run_until_stopped
from gateway.admission import rules_of
from gateway.agent_limits import AgentLimits
from gateway.agents import Agents
from gateway.contract.topic import every_agent
from gateway.counters import Complaints, Counters
from gateway.delivery import Delivery
from gateway.downlink import Downlink
from gateway.intake import Intake
from gateway.isolation import Isolation
from gateway.known_totals import KnownTotals
from gateway.live_view import LiveView
from gateway.namespace import ABSENT, Namespace, presence_topic
from gateway.order_watch import OrderWatch
from gateway.plant_bus import PlantBus
from gateway.plant_security.broker_files import Dice
from gateway.plant_security.commands import (
    COMMANDS,
    Hands,
    add_security_commands,
    run_security_command,
)
from gateway.reception import Reception
from gateway.self_report import SelfReport
from gateway.server_link import ServerLink
from gateway.settings import Config, load_config
from gateway.sparkplug_node import NodeSettings, SparkplugNode, last_will
from gateway.sparkplug_session import SEQ_MODULUS, NodeSession
from gateway.sparkplug_units import Units
from gateway.uplink import Marks, Uplink

__all__ = ["Config", "Gateway", "compose", "load_config", "main"]

REPORT_EVERY_S = 30.0
CANCEL_AGAIN_S = 0.2
TURNED_AWAY_LOGGED = 20
"""Agents that the log names, those of whom most was turned away."""
PASSWORD_BYTES = 24
"""Random bytes of a password that we mint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A gateway that is ready to run."""

    config: Config
    counters: Counters
    reception: Reception
    bus: PlantBus
    server: ServerLink
    uplink: Uplink
    downlink: Downlink
    agents: Agents
    namespace: Namespace
    totals: KnownTotals
    sparkplug: SparkplugNode | None
    orders: OrderWatch
    self_report: SelfReport
    isolation: Isolation
    clock: Clock

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set. What is in flight then is sent again by its agent later."""
        log = structlog.get_logger()
        log.info("started", gateway=self.config.name, site=self.config.plant.site)
        if self.config.bus.tells_password_in_clear:
            log.warning("password_in_clear", broker=self.config.bus.host, advice="use mqtts://")
        async with self.server, asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self.isolation.keep_running(part, work), name=part)
                for part, work in self._parts().items()
            ]
            await stop.wait()
            await self._leave()
            await _end(running)
        log.info("stopped", **self.counters.as_fields())

    def _parts(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What works at the same time; none of it ends the others."""
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "bus": self._listen,
            "uplink": self.uplink.run,
            "downlink": self.downlink.run,
            "agents": self.agents.run,
            "totals": self.totals.run,
            "self_report": self.self_report.run,
            "counters": self._report,
        }
        if self.config.namespace:
            parts["namespace"] = self.namespace.run
        if self.sparkplug is not None:
            parts["sparkplug"] = self.sparkplug.run
        if self.config.namespace or self.sparkplug is not None:
            parts["orders"] = self.orders.run
        return parts

    async def _listen(self) -> None:
        call = self.isolation.call
        on_connected = (
            lambda: call("agents", self.agents.forget),
            lambda: call("namespace", self.namespace.reconnected),
            lambda: call("totals", self.totals.reconnected),
        )
        await self.bus.run(self.reception.arrived, on_connected)

    async def _leave(self) -> None:
        """Say northbound that nothing is kept up to date any more."""
        try:
            if self.config.namespace:
                await self.namespace.leave()
            if self.sparkplug is not None:
                await self.sparkplug.leave()
        except Exception as error:
            self.isolation.failed("leave", error)

    async def _report(self) -> None:
        while True:
            await self.clock.sleep(REPORT_EVERY_S)
            structlog.get_logger().info(
                "counters",
                waiting=self.reception.intake.facts,
                connected=self.bus.connected,
                turned_away=self.reception.turned_away.worst(TURNED_AWAY_LOGGED),
                failures={**self.isolation.failures},
                **self.counters.as_fields(),
            )


async def _end(running: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until every task has ended: `asyncio.wait_for` of Python 3.11, just satisfied, swallows a cancellation."""
    left = set(running)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_S)


def compose(config: Config, clock: Clock) -> Gateway:
    """Put a gateway together; call inside a running event loop."""
    site, rules = config.plant.site, rules_of(config.plant)
    counters, complaints = Counters(), Complaints(clock=clock)
    bus = _bus(config, counters, complaints, clock)
    server = ServerLink(url=config.server_url, token=config.token, ca_file=config.server_ca_file)
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
    known = frozenset(device.agent for device in config.plant.devices.values())
    agents = Agents(reminders=(marks.remind, downlink.remind), known=known)
    presence, view = presence_topic(site, config.name), LiveView(rules=rules)
    isolation = Isolation(clock=clock)
    totals = KnownTotals(site=site, rules=rules, bus=bus, clock=clock)
    reception = Reception(
        site=site,
        rules=rules,
        intake=Intake(),
        counters=counters,
        complaints=complaints,
        clock=clock,
        on_facts={
            "downlink": downlink.answered,
            "totals": totals.see,
            "live_view": view.see,
        },
        on_status={"agents": agents.heard, "live_view": view.agent},
        isolation=isolation,
        limits=AgentLimits(facts=config.agent_rate),
    )
    return Gateway(
        config=config,
        counters=counters,
        reception=reception,
        bus=bus,
        server=server,
        uplink=Uplink(intake=reception.intake, deliver=delivery.deliver, clock=clock),
        downlink=downlink,
        agents=agents,
        totals=totals,
        sparkplug=_node(config, config.sparkplug, view, clock) if config.sparkplug else None,
        orders=OrderWatch(server=server, tell=view.running, complaints=complaints, clock=clock),
        namespace=Namespace(view=view, bus=bus, presence=presence, clock=clock),
        self_report=_self_report(config, reception, server=server, bus=bus),
        isolation=isolation,
        clock=clock,
    )


def _self_report(
    config: Config, reception: Reception, *, server: ServerLink, bus: PlantBus
) -> SelfReport:
    """What the gateway says of itself, to the server and on the bus."""
    clock = reception.clock
    return SelfReport(
        gateway=config.name,
        topic=f"{presence_topic(config.plant.site, config.name)}/report",
        reception=reception,
        server=server,
        bus=bus,
        complaints=reception.complaints,
        clock=clock,
        since=clock.now(),
        on_bus=config.namespace,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="lineside-gateway",
        description="Judges, batches and relays the facts of a plant's agents to the server, and job orders back down.",
        epilog="Secrets come from the environment or secrets_file: LINESIDE_GATEWAY_TOKEN (required), "
        "LINESIDE_MQTT_USERNAME, LINESIDE_MQTT_PASSWORD. "
        "LINESIDE_MQTT_URL, LINESIDE_SERVER_URL, LINESIDE_NAMESPACE and LINESIDE_SPARKPLUG (on, off) override the file.",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="TOML file with the settings")
    commands = parser.add_subparsers(dest="command", metavar="command")
    add_security_commands(commands.add_parser)
    arguments = parser.parse_args(argv)
    if arguments.command in COMMANDS:
        return run_security_command(arguments, _hands())

    async def work(stop: asyncio.Event) -> None:
        config = load_config(arguments.config, os.environ)
        configure_logging(program="lineside-gateway", level=config.log_level)
        await compose(config, SystemClock()).run(stop)

    return run_until_stopped(work)


def _hands() -> Hands:
    dice = Dice(password=lambda: secrets.token_urlsafe(PASSWORD_BYTES), salt=secrets.token_bytes)
    return Hands(now=SystemClock().now(), dice=dice, say=print)


def _bus(config: Config, counters: Counters, complaints: Complaints, clock: Clock) -> PlantBus:
    site = config.plant.site
    will = aiomqtt.Will(presence_topic(site, config.name), ABSENT, retain=True)
    return PlantBus(
        address=config.bus,
        client_id=f"lineside-gateway-{config.name}",
        filters=(every_agent(site, "status"), every_agent(site, "facts")),
        counters=counters,
        complaints=complaints,
        clock=clock,
        will=(lambda: will) if config.namespace else None,
    )


def _node(config: Config, settings: NodeSettings, view: LiveView, clock: Clock) -> SparkplugNode:
    """The Sparkplug node on a connection of its own: its last will is the node's death."""
    begun = int(clock.now().timestamp()) % SEQ_MODULUS  # hardly where it began the last time
    session = NodeSession(group=settings.group, node=settings.node, bd_seq=begun)
    bus = PlantBus(
        address=config.bus,
        client_id=f"lineside-gateway-{config.name}-sparkplug",
        filters=settings.filters,
        counters=Counters(),
        complaints=Complaints(clock=clock),
        clock=clock,
        will=lambda: last_will(session, clock),
    )
    return SparkplugNode(
        settings=settings, session=session, units=Units.of(view), bus=bus, clock=clock
    )
