"""The agent: devices → trackers → outbox → uplink, and commands back. Every task is supervised; none dies quietly."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import structlog

from device_profiles.broker import Broker
from device_profiles.plant import Device
from device_profiles.program import Clock
from edge.device_tracker import DeviceTracker
from edge.driver import Batch, Deliver, Driver
from edge.ending import end
from edge.job_download import JobDownload, Machine
from edge.outbox import Outbox
from edge.outbox_file import DiskUnusable
from edge.tracker import Output, Record
from edge.uplink import Uplink
from gateway.contract.equipment import EquipmentPath
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.state import EquipmentState
from gateway.contract.totals import KnownTotal

TICK_S = 0.05
RESTART_PAUSE_S = 1.0
STOP_DRIVERS_S, STOP_UPLINK_S = 0.8, 0.4
LAST_FACTS_S = 0.2
OPEN_AGAIN_S = 2.0
COMMANDS_WAITING_MAX = 100
TOTALS_MAX = 10_000
"""Counters of which is remembered what is known of them elsewhere."""
TOTALS_WAIT_S, TOTALS_WAIT_MAX_S = 3.0, 20.0
"""Counters that this disk does not know wait so long for what is known of them: once the broker is there, and at most."""
_GONE = "taken out of the plant file"

_log = structlog.get_logger(__name__)


class Agent:
    """One edge agent. `run` returns after `stop` is set, with every fact on disk."""

    def __init__(
        self,
        *,
        site: str,
        name: str,
        devices: Sequence[Device],
        drivers: Mapping[str, Driver],
        outbox: Outbox,
        broker: Broker,
        clock: Clock,
        boot: str,
    ) -> None:
        self._site = site
        self._name = name
        self._devices = devices
        self._drivers = drivers
        self._outbox = outbox
        self._broker = broker
        self._clock = clock
        self._boot = boot
        self._trackers: dict[str, DeviceTracker] = {}
        self._readers: dict[str, asyncio.Task[None]] = {}
        self._machines: dict[str, Machine] = {}
        self._reads = asyncio.Event()
        self._commands: asyncio.Queue[JobOrderCommand] = asyncio.Queue(COMMANDS_WAITING_MAX)
        self._known: dict[tuple[str, str], KnownTotal] = {}
        """What the broker said of our counters in this run."""
        self._begin_at_s = 0.0
        """Monotonic time at which counters that still wait begin anew."""
        self.restarts: dict[str, int] = {}
        """Task -> how often it died and was started again."""

    async def run(self, stop: asyncio.Event) -> None:
        """Read, store and send until `stop` is set."""
        records = await self._open_outbox(stop)
        if records is None:
            return
        self._trackers = self._new_trackers(self._devices, records, self._clock.now())
        uplink = Uplink(
            site=self._site,
            agent=self._name,
            broker=self._broker,
            outbox=self._outbox,
            clock=self._clock,
            on_command=self._queue_command,
            on_gap=self._restate,
            on_total=self._learn,
            on_listening=self._listening,
        )
        _log.info(
            "agent started",
            agent=self._name,
            devices=[*self._trackers],
            backlog=self._outbox.backlog,
        )
        writing = [self._supervise("outbox", self._outbox.run)]
        sending = [self._supervise("uplink", uplink.run)]
        reading = [
            self._supervise("ticks", self._tick),
            self._supervise("commands", self._answer_commands),
        ]
        for device in self._devices:
            self._begin_to_read(device, self._drivers[device.id])
        self._reads.set()
        try:
            await stop.wait()
        finally:
            await self._stop([*reading, *self._readers.values()], writing, sending)

    async def _open_outbox(self, stop: asyncio.Event) -> dict[tuple[str, str], Record] | None:
        """The memory of every signal. A disk that takes nothing is waited for; the devices count on meanwhile, and
        nothing is read that could not be kept. None: told to stop before."""
        while not stop.is_set():
            try:
                return await self._outbox.open()
            except DiskUnusable as trouble:
                _log.error(
                    "disk takes nothing at the start",
                    why=str(trouble),
                    again_in_s=OPEN_AGAIN_S,
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(OPEN_AGAIN_S):
                    await stop.wait()
        return None

    async def rearrange(self, devices: Sequence[Device], drivers: Mapping[str, Driver]) -> None:
        """Read these devices from now on. Those with a driver here begin anew with what is known of them; the others
        are not disturbed, and those that are not named are read no more."""
        await self._reads.wait()
        ending = self._trackers.keys() - {d.id for d in devices} | drivers.keys() & self._trackers
        await _cancel([self._readers.pop(name) for name in ending], STOP_DRIVERS_S)
        out, now, monotonic_s = Output(), self._clock.now(), self._clock.monotonic()
        for name in ending:
            tracker = self._trackers.pop(name)
            del self._machines[name]
            tracker.remember(out)
            if name not in drivers:
                gone = Batch(
                    readings=(), arrived=now, monotonic_s=monotonic_s, fault=_GONE, lost=True
                )
                tracker.take(gone, out)
        self._outbox.append(out)
        records = {**await self._outbox.memories(), **out.records}
        beginning = [device for device in devices if device.id in drivers]
        begun = self._new_trackers(beginning, records, now)
        self._trackers |= begun
        out = Output()
        for known in self._known.values():
            for tracker in begun.values():
                tracker.learn(known, out)
        for tracker in begun.values():
            tracker.go_without(out)
        self._outbox.append(out)
        for device in beginning:
            self._begin_to_read(device, drivers[device.id])
        _log.info("devices rearranged", anew=sorted(drivers), gone=sorted(ending - drivers.keys()))

    def _begin_to_read(self, device: Device, driver: Driver) -> None:
        tracker = self._trackers[device.id]
        work = _reader(driver, self._deliver(tracker))
        self._readers[device.id] = self._supervise(f"device {device.id}", work)
        state = self._state_of(device.equipment)
        self._machines[device.id] = Machine(device=device, driver=driver, state=state)

    async def _stop(self, *tasks: Sequence[asyncio.Task[None]]) -> None:
        """Drivers first, then the last facts to disk and, if the broker is there, on their way."""
        reading, writing, sending = tasks
        await _cancel(reading, STOP_DRIVERS_S)
        last = Output()
        for tracker in self._trackers.values():
            tracker.remember(last)
        self._outbox.append(last)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_FACTS_S):
                await self._outbox.drained()
        await _cancel([*writing, *sending], STOP_UPLINK_S)
        await self._outbox.close()
        _log.info("agent stopped", agent=self._name, backlog=self._outbox.backlog)

    def _new_trackers(
        self,
        devices: Sequence[Device],
        records: Mapping[tuple[str, str], Record],
        now: datetime,
    ) -> dict[str, DeviceTracker]:
        self._begin_at_s = self._clock.monotonic() + TOTALS_WAIT_MAX_S
        return {
            device.id: DeviceTracker(
                device,
                records,
                boot=self._boot,
                epoch=self._outbox.epoch,
                started=now,
                monotonic_s=self._clock.monotonic(),
                asks=True,
            )
            for device in devices
        }

    def _listening(self) -> None:
        """The broker is there: what it knows of our counters comes at once."""
        self._begin_at_s = min(self._begin_at_s, self._clock.monotonic() + TOTALS_WAIT_S)

    def _learn(self, known: KnownTotal) -> None:
        """A counter goes on from there, if its own memory is gone."""
        if len(self._known) < TOTALS_MAX:
            self._known[known.equipment, known.signal] = known
        out = Output()
        if any(tracker.learn(known, out) for tracker in self._trackers.values()):
            _log.warning(
                "counter goes on from what is known elsewhere",
                equipment=known.equipment,
                signal=known.signal,
                total=known.total,
            )
            self._outbox.append(out)

    def _deliver(self, tracker: DeviceTracker) -> Deliver:
        outbox = self._outbox

        async def deliver(batch: Batch) -> None:
            if self._trackers.get(tracker.device.id) is not tracker:
                return  # another has taken over: what this one says would count twice
            out = Output()
            tracker.take(batch, out)
            if out.facts or out.records:
                outbox.append(out)
                await outbox.room()

        return deliver

    async def _tick(self) -> None:
        """Let time pass for every device: states ripen, silence becomes loss."""
        lost: dict[str, bool] = {}
        while True:
            now, monotonic_s = self._clock.now(), self._clock.monotonic()
            out = Output()
            for name, tracker in self._trackers.items():
                if tracker.asks and monotonic_s >= self._begin_at_s:
                    tracker.go_without(out)
                tracker.tick(now, monotonic_s, out)
                if tracker.lost != lost.get(name, False):
                    lost[name] = tracker.lost
                    _log.warning(
                        "device lost" if tracker.lost else "device heard again", device=name
                    )
            if out.facts or out.records:
                self._outbox.append(out)
            await self._clock.sleep(TICK_S)

    def _restate(self) -> None:
        """Say what is true of every signal again: its total proves what the lost facts said."""
        out, now = Output(), self._clock.now()
        for tracker in self._trackers.values():
            tracker.restate(now, out)
        self._outbox.append(out)

    async def _queue_command(self, command: JobOrderCommand) -> None:
        try:
            self._commands.put_nowait(command)
        except asyncio.QueueFull:
            _log.error("too many commands waiting, dropped", command_id=command.command_id)

    async def _answer_commands(self) -> None:
        """One command after the other; the answers climb as facts."""
        download = JobDownload(self._machines, self._clock, await self._outbox.answers())
        while True:
            command = await self._commands.get()
            answer = await download.take(command)
            if answer is not None:
                _log.info("job order", command_id=command.command_id, accepted=answer.accepted)
                self._outbox.append(Output(facts=[answer]))

    def _state_of(self, equipment: EquipmentPath) -> Callable[[], EquipmentState | None]:
        def state() -> EquipmentState | None:
            for tracker in self._trackers.values():
                if tracker.device.equipment == equipment and tracker.reports_state:
                    return tracker.state
            return None

        return state

    def _supervise(self, name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        return asyncio.create_task(self._keep_running(name, work), name=name)

    async def _keep_running(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                _log.error("task ended", task=name)
            except Exception:
                _log.exception("task died", task=name)
            self.restarts[name] = self.restarts.get(name, 0) + 1
            await self._clock.sleep(RESTART_PAUSE_S)


def _reader(driver: Driver, deliver: Deliver) -> Callable[[], Awaitable[None]]:
    return lambda: driver.run(deliver)


async def _cancel(tasks: Sequence[asyncio.Task[None]], within_s: float) -> None:
    for task in await end(*tasks, within_s=within_s):
        _log.error("task does not end", task=task.get_name())
