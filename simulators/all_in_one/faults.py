"""The scripted faults of a score run: which, in which order and when is decided by the seed.

Programs die by kill -9, also while others are down. Only the reset of a counter waits until the plant is calm and
every piece is booked, and lets the next fault wait until the reader has seen it: what a counter loses between the
reader's last poll and its reset nobody could ever know.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simulators.all_in_one.programs import HOST
from simulators.all_in_one.waiting import until
from simulators.all_in_one.whole_plant import WholePlant
from simulators.control import Order, ask

Kind = Literal["kill", "cut", "freeze", "reset"]
CABLES = ("imm1", "resin-scale", "asm1", "pck1")
"""Devices whose cable can be faulted; both scales hang on one."""
CUT_S, FREEZE_S = (2.0, 4.0), (3.5, 6.0)
CALM_TIMEOUT_S = 40.0
RESET_SIGNAL = "produced"
RESET_FROM, RESET_UP_TO = 8, 60_000
"""Readings from which a reset can be told from a stale read and from a wrap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: `after_s` seconds after the machines were switched on, or as soon as the one before is done."""

    kind: Kind
    target: str
    after_s: float
    lasts_s: float = 0.0

    @property
    def words(self) -> str:
        """As the score prints it."""
        match self.kind:
            case "kill":
                return f"{self.target} killed -9"
            case "cut":
                return f"link of {self.target} cut for {self.lasts_s:.1f} s"
            case "freeze":
                return f"link of {self.target} frozen for {self.lasts_s:.1f} s"
            case "reset":
                return f"counter of {self.target} reset"


def script(*, rng: random.Random, seconds: float, edges: Sequence[str]) -> list[Fault]:
    """Every kind of fault at least once, in an order and at times that the seed chooses."""
    cut, frozen = rng.sample(CABLES, 2)
    plan: list[tuple[Kind, str, float]] = [
        ("kill", "broker", 0.0),
        ("kill", "server", 0.0),
        ("kill", "postgres", 0.0),
        ("kill", "gateway", 0.0),
        *(("kill", edge, 0.0) for edge in edges),
        ("cut", cut, rng.uniform(*CUT_S)),
        ("freeze", frozen, rng.uniform(*FREEZE_S)),
    ]
    rng.shuffle(plan)
    # The reset comes when the 16-bit counter has wrapped and is well away from both its ends.
    plan.insert(rng.randint(len(plan) // 2, len(plan)), ("reset", "asm1", 0.0))
    spacing = seconds * 0.78 / len(plan)
    return [
        Fault(
            kind=kind,
            target=target,
            after_s=seconds * 0.08 + spacing * (place + rng.uniform(0.0, 0.7)),
            lasts_s=lasts_s,
        )
        for place, (kind, target, lasts_s) in enumerate(plan)
    ]


class FaultScript:
    """Carries a script out; `done` says what was really done."""

    def __init__(
        self,
        faults: Sequence[Fault],
        *,
        plant: WholePlant,
        booked: Callable[[str], Awaitable[int | None]],
        tell: Callable[[str], None],
    ) -> None:
        self._faults = faults
        self._plant = plant
        self._booked = booked
        """Device -> committed counts of its RESET_SIGNAL; None when the database does not answer."""
        self._tell = tell
        self.done: list[str] = []
        self.windows: list[tuple[float, float]] = []
        """(begin, end) of each fault, seconds since 1970."""

    async def run(self) -> None:
        """Do all of it, in order; raises TimeoutError when the plant does not get calm for the reset."""
        begun = time.monotonic()
        for fault in self._faults:
            await asyncio.sleep(max(0.0, begun + fault.after_s - time.monotonic()))
            started = time.time()
            self._tell(f"  {time.monotonic() - begun:5.1f} s  {fault.words}")
            await self._do(fault)
            self.windows.append((started, time.time()))
            self.done.append(fault.words)

    async def _do(self, fault: Fault) -> None:
        match fault.kind:
            case "kill":
                self._plant.kill(fault.target)
            case "cut" | "freeze":
                await self._ask(Order(do=fault.kind, device=fault.target))
                await asyncio.sleep(fault.lasts_s)
                await self._ask(Order(do="restore", device=fault.target))
            case "reset":
                await self._reset(fault.target)

    async def _reset(self, device: str) -> None:
        """Hold the machine, wait until all it made is booked, reset, and see the first piece after it booked."""
        supervisor = self._plant.supervisor
        for name in supervisor.names:
            await supervisor.wait_ready(name, CALM_TIMEOUT_S)
        await until(lambda: self._far_from_its_ends(device), CALM_TIMEOUT_S, "the counter to wrap")
        await self._ask(Order(do="hold", device=device))
        try:
            await until(lambda: self._at_rest(device), CALM_TIMEOUT_S, "the machine to rest")
            _, made = await self._register(device)

            async def all_booked() -> bool:
                return await self._booked(device) == made

            await until(all_booked, CALM_TIMEOUT_S, "all pieces to be booked")
            await self._ask(Order(do="reset", device=device, signal=RESET_SIGNAL))

            async def cleared() -> bool:
                return (await self._register(device))[0] == 0

            await until(cleared, CALM_TIMEOUT_S, "the reset")
        finally:
            await self._ask(Order(do="release", device=device))

        async def counted_on() -> bool:
            return (await self._booked(device) or 0) > made

        await until(counted_on, CALM_TIMEOUT_S, "a piece after the reset to be booked")

    async def _far_from_its_ends(self, device: str) -> bool:
        return RESET_FROM <= (await self._register(device))[0] <= RESET_UP_TO

    async def _at_rest(self, device: str) -> bool:
        return bool((await self._machine(device))["at_rest"])

    async def _register(self, device: str) -> tuple[int, int]:
        """(what the register shows, true counts)."""
        machine = await self._machine(device)
        return int(machine["raw"][RESET_SIGNAL]), int(machine["total"][RESET_SIGNAL])

    async def _machine(self, device: str) -> dict[str, Any]:
        status: dict[str, Any] = await self._ask(Order(do="status"))
        return status["machines"][device]

    async def _ask(self, order: Order) -> dict[str, object]:
        return await ask(HOST, self._plant.layout.ports.control, order)
