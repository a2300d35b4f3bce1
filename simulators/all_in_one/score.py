"""The score run: the whole plant headless, faster than real time, faulted by script, then held against the truth."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import OperationalError

from device_profiles.catalog import load_plant
from device_profiles.profile import Role
from simulators.all_in_one import first_data, outboxes, score_report
from simulators.all_in_one.audit import Auditor
from simulators.all_in_one.crew import Crew
from simulators.all_in_one.demo import ITEMS
from simulators.all_in_one.faults import CABLES, RESET_SIGNAL, FaultScript, script
from simulators.all_in_one.feed_watch import FeedWatch
from simulators.all_in_one.office import Office
from simulators.all_in_one.people import SCORE
from simulators.all_in_one.programs import HOST
from simulators.all_in_one.waiting import until
from simulators.all_in_one.whole_plant import WholePlant
from simulators.control import Order, ask
from simulators.truth import TRUTH_FILE, TruthReader

BASELINE_TIMEOUT_S = 60.0
DRAIN_TIMEOUT_S = 90.0
QUIET_S = 2.0
"""Nothing new from any edge for so long, and all of it committed: the plant is drained."""
RECOVERY_S = 6.0
"""A fault is felt so long after its end: programs start again, readers connect anew."""
_TOTALISED = (Role.GOOD, Role.SCRAP, Role.PRODUCED, Role.CONSUMED)
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreWishes:
    """What to run."""

    seconds: float
    seed: str
    faults: bool


async def run_score(
    plant: WholePlant, wishes: ScoreWishes, stop: asyncio.Event, *, tell: Tell
) -> int:
    """One score run on a fresh plant; exit status 0 only when everything is exact."""
    tell(f"score run in {plant.data.path}, seed {wishes.seed}")
    try:
        running = asyncio.create_task(_run(plant, wishes, tell))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not running.done():
            tell("stopped before the end")
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return 1
        return running.result()
    finally:
        for name in await plant.stop():
            tell(f"  {name} did not end in time and was killed")


async def _run(plant: WholePlant, wishes: ScoreWishes, tell: Tell) -> int:
    await plant.start()
    run = _ScoreRun(plant, wishes, tell)
    try:
        return await run.run()
    finally:
        await run.close()


class _ScoreRun:
    """One run on a started plant."""

    def __init__(self, plant: WholePlant, wishes: ScoreWishes, tell: Tell) -> None:
        self._plant, self._wishes, self._tell = plant, wishes, tell
        layout = plant.layout
        token = layout.tokens["LINESIDE_HMI_TOKEN"]
        self._profile = load_plant(layout.plant)
        self._agents = sorted({device.agent for device in self._profile.devices.values()})
        self._admin = Office(url=layout.api_url, token=layout.tokens["LINESIDE_ADMIN_TOKEN"])
        self._terminals = Office(url=layout.api_url, token=token)
        self._feed = FeedWatch(url=layout.api_url, token=token)
        self._auditor = Auditor(layout.database_url)
        self._truth_file = layout.simulators / TRUTH_FILE
        self._base: dict[tuple[str, str], int] = {}
        self._faults: FaultScript | None = None
        self._crew = Crew(
            self._terminals,
            self._profile,
            SCORE,
            items=ITEMS,
            rng=random.Random(f"crew/{wishes.seed}"),
        )

    async def run(self) -> int:
        """Everything from the first data to the printed score."""
        await first_data.send(self._admin, first_data.score_data(), since=datetime.now(UTC))
        await self._wait_for_baselines()
        async with _alongside(self._feed.run()):
            async with _alongside(self._crew.run()):
                self._tell(f"machines run for {self._wishes.seconds:g} s")
                await self._ask(Order(do="release"))
                begun = time.monotonic()
                await self._fault_them()
                await asyncio.sleep(max(0.0, begun + self._wishes.seconds - time.monotonic()))
                ran_s = time.monotonic() - begun
                await self._drain()
            await self._wait_for_silence()
        return self._report(ran_s)

    async def close(self) -> None:
        """Hang up everywhere."""
        await self._admin.close()
        await self._terminals.close()
        self._auditor.close()

    async def _wait_for_baselines(self) -> None:
        """The machines stand still until every counter and scale has its baseline in the database."""
        bindings = [b for device in self._profile.devices.values() for b in device.bindings]
        wanted = sum(binding.role in _TOTALISED for binding in bindings)

        async def all_there() -> bool:
            return self._auditor.baselines() >= wanted

        await until(all_there, BASELINE_TIMEOUT_S, f"the baselines of {wanted} signals")
        self._base = self._auditor.totals()

    async def _fault_them(self) -> None:
        if not self._wishes.faults:
            return
        self._faults = FaultScript(
            script(
                rng=random.Random(f"faults/{self._wishes.seed}"),
                seconds=self._wishes.seconds,
                edges=self._agents,
            ),
            plant=self._plant,
            booked=self._booked,
            tell=self._tell,
        )
        await self._faults.run()

    async def _drain(self) -> None:
        """Cables are well, programs run, machines finish their cycles."""
        self._tell("draining")
        await self._ask(Order(do="drain"))
        for device in CABLES:
            await self._ask(Order(do="restore", device=device))
        for name in self._plant.supervisor.names:
            await self._plant.supervisor.wait_ready(name, DRAIN_TIMEOUT_S)

        async def settled() -> bool:
            return bool((await self._ask(Order(do="status")))["settled"])

        await until(settled, DRAIN_TIMEOUT_S, "the machines to come to rest")

    async def _booked(self, device: str) -> int | None:
        """Committed counts of a device's RESET_SIGNAL since the baseline."""
        key = (str(self._profile.devices[device].equipment), RESET_SIGNAL)
        try:
            return self._auditor.totals().get(key, 0) - self._base.get(key, 0)
        except OperationalError:
            return None  # the database was killed and recovers

    async def _wait_for_silence(self) -> None:
        """Wait until all that the edges numbered is committed and nothing new has come for QUIET_S."""
        quiet_since = time.monotonic()
        before: dict[tuple[str, int], int] = {}

        async def silent() -> bool:
            nonlocal quiet_since, before
            sent = outboxes.numbered(self._plant.data.path, self._agents)
            try:
                committed = self._auditor.marks()
            except OperationalError:
                committed = {}
            if sent != before or sent != committed:
                quiet_since, before = time.monotonic(), sent
            return time.monotonic() - quiet_since >= QUIET_S

        try:
            await until(silent, DRAIN_TIMEOUT_S, "silence")
        except TimeoutError:
            # The comparison says in numbers what is missing.
            self._tell("  the plant did not get quiet in time; comparing what is there")

    def _report(self, ran_s: float) -> int:
        reader = TruthReader(self._truth_file)
        try:
            truth = score_report.read_truth(reader)
        finally:
            reader.close()
        sent = sum(outboxes.numbered(self._plant.data.path, self._agents).values())
        report = score_report.Report(
            books=self._auditor.read(),
            truth=truth,
            sent=sent,
            latencies_ms=self._feed.latencies_ms(truth.changes, base=self._base),
            calm_latencies_ms=self._feed.latencies_ms(
                [change for change in truth.changes if self._is_calm(change[3])], base=self._base
            ),
            faults=[] if self._faults is None else self._faults.done,
            notes={
                "seed": self._wishes.seed,
                "seconds": round(ran_s, 1),
                "people": dict(sorted(self._crew.done.items())),
                "restarts": self._plant.supervisor.restarts,
                "feed_reconnects": self._feed.reconnects,
            },
        )
        return report.print(self._tell)

    def _is_calm(self, at: float) -> bool:
        """Whether no fault was at work at that time, nor just before it."""
        windows = [] if self._faults is None else self._faults.windows
        return not any(begin <= at <= end + RECOVERY_S for begin, end in windows)

    async def _ask(self, order: Order) -> dict[str, object]:
        return await ask(HOST, self._plant.layout.ports.control, order)


@asynccontextmanager
async def _alongside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run `work` for the length of the block; if it failed, that is raised at the end of it."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        failed = task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    if failed:
        task.result()
