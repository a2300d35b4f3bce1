"""Which orders run where, asked of the server for what is told northbound. Nothing else depends on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from device_profiles.program import Clock
from gateway.contract.job_order import RunningOrders
from gateway.counters import Complaints
from gateway.server_link import NoAnswer

ASK_EVERY_S = 2.0
SILENT_MAX = 3
"""Questions in a row without an answer after which no order is known any more."""


class OrderServer(Protocol):
    """What is needed of the server."""

    async def running_orders(self) -> RunningOrders | NoAnswer:
        """The order that runs on each unit now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWatch:
    """Asks again and again; `tell` hears unit -> order, or None when the server does not answer."""

    server: OrderServer
    tell: Callable[[Mapping[str, str] | None], None]
    complaints: Complaints
    clock: Clock

    async def run(self) -> None:
        """Ask until cancelled."""
        silent = 0
        while True:
            answer = await self.server.running_orders()
            if isinstance(answer, NoAnswer):
                silent += 1
                self.complaints.say("no_orders", why=answer.detail, again_in_s=ASK_EVERY_S)
                if silent >= SILENT_MAX:
                    self.tell(None)
            else:
                silent = 0
                self.tell(answer.orders)
            await self.clock.sleep(ASK_EVERY_S)
