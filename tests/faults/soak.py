"""A whole plant under faults drawn from a seed, held against the simulators' truth: `make soak`.

After each round of faults the machines are held, everything is waited for, and the books are compared to the piece.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

import psycopg

from device_profiles.catalog import load_plant
from device_profiles.profile import Role
from edge.ending import end
from simulators.all_in_one import first_data
from simulators.all_in_one.audit import Auditor
from simulators.all_in_one.first_data import FirstData, Order, Receipt
from simulators.all_in_one.office import Office
from simulators.control import Order as Ask
from tests.faults import soak_books
from tests.faults.hostile_phase import HostileCount, be_hostile
from tests.faults.memory_watch import MemoryLine, MemoryWatch
from tests.faults.soak_books import Account, SignalLine
from tests.faults.soak_faults import FaultMaker, until
from tests.faults.soak_plan import DEVICES, Fault, rounds
from tests.faults.soak_plant import AGENTS, BrokerKind, SoakPlant

BASELINES_S, SETTLE_S, REST_S = 90.0, 90.0, 60.0
BEGIN_WITHIN_S = 1.0
"""The faults of one round begin within so long."""
BACKUP_EVERY = 6
"""Rounds between two backups."""
_TOTALISED = (Role.GOOD, Role.SCRAP, Role.PRODUCED, Role.CONSUMED)
_LINES = {
    "WO-IMM": ("KETTLE-BODY", "kettle-works/moulding/M1/IMM1"),
    "WO-ASM": ("KETTLE", "kettle-works/assembly/A1/ASM1"),
    "WO-PCK": ("KETTLE-CTN10", "kettle-works/packing/P1/PCK1"),
}
_STOCK = {
    "PP-RESIN": ("M1-LS", 200_000),
    "MB-WHITE": ("M1-LS", 20_000),
    "KETTLE-BODY": ("A1-LS", 400_000),
    "HEATING-ELEMENT": ("A1-LS", 400_000),
    "CORD-SET": ("A1-LS", 400_000),
    "KETTLE": ("P1-LS", 900_000),
    "CARTON": ("P1-LS", 900_000),
    "LABEL": ("P1-LS", 60),
}
"""Item -> place and quantity; labels run short, so that consumption waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakWishes:
    """What to run: `rounds` of faults, or, where that is None, as many as fit into `seconds`."""

    broker: BrokerKind
    seed: str
    at_once: int
    hostile: int
    """Hostile messages at the end, besides those of the rounds."""
    rounds: int | None = None
    seconds: float = 0.0
    calm_s: float = 1.0
    """Machines run so long before the faults of a round begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakReport:
    """What a soak found."""

    wishes: SoakWishes
    seconds: float
    account: Account
    faults: dict[str, int]
    recoveries_s: dict[str, list[float]]
    """Kind -> seconds from the end of a fault until all that had been made by then was booked."""
    checks: int
    memory: list[MemoryLine]
    hostile: HostileCount
    disks_were_full: bool
    """Edges had small file systems of their own, which were really full; else the kernel limited their files."""
    differences: list[str] = field(default_factory=list[str])


class Soak:
    """One soak on a started plant."""

    def __init__(self, plant: SoakPlant, wishes: SoakWishes, tell: Callable[[str], None]) -> None:
        self._plant, self._wishes, self._tell = plant, wishes, tell
        self._rng = random.Random(f"soak/{wishes.seed}")
        self._maker = FaultMaker(plant, self._rng, self._settle)
        self._memory = MemoryWatch(plant)
        self._faults: dict[str, int] = defaultdict(int)
        self._recoveries: dict[str, list[float]] = defaultdict(list)
        self._differences: list[str] = []
        self._checks = 0
        self._begun = time.monotonic()

    async def run(self) -> SoakReport:
        """Everything from the first data to the last comparison."""
        await self._prepare()
        watching = asyncio.create_task(self._memory.run())
        try:
            for number, together in enumerate(self._rounds(), start=1):
                await self._round(number, together)
                if number % BACKUP_EVERY == 0:
                    await self._maker.back_up()
            hostile = await self._be_hostile()
            account = await self._check("the end")
        finally:
            await end(watching)
        memory = self._memory.lines()
        self._differences += [line.fault for line in memory if line.fault]
        return SoakReport(
            wishes=self._wishes,
            seconds=time.monotonic() - self._begun,
            account=account,
            faults=dict(self._faults),
            recoveries_s=dict(self._recoveries),
            checks=self._checks,
            memory=memory,
            hostile=hostile,
            disks_were_full=all(disk.is_real for disk in self._plant.disks.values()),
            differences=self._differences,
        )

    def _rounds(self) -> Iterator[Sequence[Fault]]:
        plan = rounds(self._rng, at_once=self._wishes.at_once)
        for number, together in enumerate(plan, start=1):
            if self._wishes.rounds is None:
                if time.monotonic() - self._begun > self._wishes.seconds:
                    return
            elif number > self._wishes.rounds:
                return
            yield together

    async def _prepare(self) -> None:
        """Data, baselines, orders; the first backup knows job orders that nobody has answered."""
        plant, now = self._plant, datetime.now(UTC)
        office = Office(url=plant.layout.api_url, token=plant.layout.tokens["LINESIDE_ADMIN_TOKEN"])
        try:
            await first_data.send(office, _data(), since=now)
            await self._wait_for_baselines()
            await plant.supervisor.take_down("gateway")
            for number in _LINES:
                await office.command(f"work-orders/{number}/start", {})
            await self._maker.back_up()
            await plant.supervisor.bring_back("gateway")
        finally:
            await office.close()
        await self._ask("release")
        self._begun = time.monotonic()

    async def _wait_for_baselines(self) -> None:
        profile = load_plant(self._plant.layout.plant)
        bindings = [b for device in profile.devices.values() for b in device.bindings]
        wanted = sum(binding.role in _TOTALISED for binding in bindings)
        auditor = Auditor(self._plant.database_url)
        try:
            await until(lambda: auditor.baselines() >= wanted, "the baselines", BASELINES_S)
        finally:
            auditor.close()

    async def _round(self, number: int, together: Sequence[Fault]) -> None:
        at = time.monotonic() - self._begun
        self._tell(f"{at:6.0f} s  {number:3}  {'; '.join(fault.words for fault in together)}")
        await asyncio.sleep(self._wishes.calm_s)
        delays = [self._rng.uniform(0, BEGIN_WITHIN_S) for _ in together]
        async with asyncio.TaskGroup() as group:
            for fault, delay_s in zip(together, delays, strict=True):
                group.create_task(self._one(fault, delay_s))
        await self._check(f"round {number} ({', '.join(fault.kind for fault in together)})")
        await self._ask("release")

    async def _one(self, fault: Fault, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await self._maker.do(fault)
        self._faults[fault.kind] += 1
        over = time.monotonic()
        made = soak_books.true_totals(self._plant.truth_file)
        try:
            await until(lambda: self._has(made), "what was made until then", SETTLE_S)
        except TimeoutError:
            self._differences.append(f"not recovered within {SETTLE_S:g} s from {fault.words}")
        self._recoveries[fault.kind].append(time.monotonic() - over)

    def _has(self, made: Mapping[tuple[str, str], Decimal]) -> bool:
        """Whether all that was made then is in the books now."""
        lines = self._lines()
        return bool(lines) and not any(
            line.steps + line.quarantined < made.get((line.unit, line.signal), 0) for line in lines
        )

    def _lines(self) -> Sequence[SignalLine]:
        """Every counter and scale; none while the database is away."""
        plant = self._plant
        try:
            with psycopg.connect(plant.database_url, autocommit=True) as connection:
                return soak_books.signal_lines(connection, plant.truth_file)
        except psycopg.Error:
            return ()

    async def _settle(self) -> None:
        """Hold the machines, and wait until the server has everything; what does not come, the account will name."""
        plant = self._plant
        await self._ask("drain")
        for device in DEVICES:
            await plant.ask(Ask(do="restore", device=device))

        async def at_rest() -> bool:
            return bool((await plant.ask(Ask(do="status")))["settled"])

        await until(at_rest, "the machines to come to rest", REST_S)
        try:
            await until(self._all_booked, "everything to be booked", SETTLE_S)
        except TimeoutError as late:
            self._tell(f"         {late}")

    def _all_booked(self) -> bool:
        plant = self._plant
        try:
            if not soak_books.all_sent_is_committed(plant.database_url, plant.data.path, AGENTS):
                return False
        except psycopg.Error:
            return False
        lines = self._lines()
        return bool(lines) and not any(line.difference or line.uneven for line in lines)

    async def _check(self, when: str) -> Account:
        await self._settle()

        def exact() -> bool:
            try:
                found.append(
                    soak_books.take_account(self._plant.database_url, self._plant.truth_file)
                )
            except psycopg.Error:
                return False
            return not found[-1].differences

        found: list[Account] = []
        try:
            await until(exact, "exact books", 10.0)
        except TimeoutError:
            self._differences += [f"{when}: {words}" for words in found[-1].differences]
            self._tell(f"         DIFFERENT: {'; '.join(found[-1].differences)}")
        self._checks += 1
        return found[-1]

    async def _be_hostile(self) -> HostileCount:
        counted = await be_hostile(self._plant, self._rng, self._wishes.hostile, self._tell)
        self._differences += counted.differences
        return counted

    async def _ask(self, verb: str) -> None:
        order = Ask(do="drain") if verb == "drain" else Ask(do="release")
        await self._plant.ask(order)


def _data() -> FirstData:
    """The demo's master data without calls for material, and stock for a day but of labels."""
    return FirstData(
        master_data={**first_data.demo_data().master_data, "loops": []},
        receipts=tuple(
            Receipt(item=item, lot=f"{item}-1", quantity=Decimal(quantity), location=place)
            for item, (place, quantity) in _STOCK.items()
        ),
        work_orders=tuple(
            Order(number=number, item=item, quantity=Decimal(900_000), equipment=unit, due_in_h=1)
            for number, (item, unit) in _LINES.items()
        ),
    )
