"""The gateway's report of itself: to the server, and on the bus beside its presence, where both can see who is turned away."""

from dataclasses import dataclass
from datetime import datetime

from device_profiles.program import Clock
from gateway.contract.codec import encode
from gateway.contract.report import REPORT_EVERY_S, REPORTED_AGENTS_MAX, GatewayReport
from gateway.counters import Complaints
from gateway.reception import Reception
from gateway.server_link import NoAnswer, ServerLink
from gateway.uplink import Bus


@dataclass(slots=True, kw_only=True)
class SelfReport:
    """Reports until it is cancelled; a server that does not take it loses nothing but sight."""

    gateway: str
    topic: str
    """Retained, in the unified namespace: `lineside/uns/{site}/_gateway/{name}/report`."""
    reception: Reception
    server: ServerLink
    bus: Bus
    complaints: Complaints
    clock: Clock
    since: datetime
    on_bus: bool = True

    async def run(self) -> None:
        """Report every `REPORT_EVERY_S`."""
        while True:
            await self.clock.sleep(REPORT_EVERY_S)
            report = self.report()
            if self.on_bus and self.bus.connected:
                await self.bus.publish(self.topic, encode(report), retain=True)
            answer = await self.server.report(report)
            if isinstance(answer, NoAnswer):
                self.complaints.say("report_not_taken", why=answer.detail)

    def report(self) -> GatewayReport:
        """How it stands now."""
        counters = self.reception.counters
        return GatewayReport(
            gateway=self.gateway,
            since=self.since,
            messages=counters.messages,
            facts=counters.facts,
            quarantined=counters.quarantined,
            waiting=self.reception.intake.facts,
            turned_away=self.reception.turned_away.worst(REPORTED_AGENTS_MAX),
            failures={**self.reception.isolation.failures},
        )
