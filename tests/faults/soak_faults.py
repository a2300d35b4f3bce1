"""Brings about the faults of a plan on a running plant, and undoes them."""

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import aiomqtt
import psycopg
from psycopg import sql

from gateway.contract.topic import every_total, totals_topic
from mes_server.backup import back_up, restore
from simulators.all_in_one.programs import HOST
from simulators.control import Order
from tests.conformance.gateway_rig import SITE
from tests.faults.hostile import hostile_messages
from tests.faults.soak_plan import HOUR_S, LINKS, Fault
from tests.faults.soak_plant import SoakPlant

PATIENCE_S = 60.0
BURST = 500
"""Hostile messages of one fault."""
LISTEN_S = 1.5
"""What is retained comes within so long."""
SCALES = {
    "edge-moulding": frozenset({"resin-scale", "masterbatch-scale"}),
    "edge-assembly": frozenset[str](),
}
"""Agent -> the devices whose weight it reads."""
REPEATS_MAX = 300
"""Messages that are sent again, in another order."""


class NotFelt(Exception):
    """A fault that did nothing proves nothing; the message says which."""


async def until(
    condition: Callable[[], bool] | Callable[[], Awaitable[bool]],
    what: str,
    within_s: float = PATIENCE_S,
) -> None:
    """Wait until it holds; raises TimeoutError saying what did not come about."""
    deadline = asyncio.get_running_loop().time() + within_s
    while True:
        found = condition()
        if isinstance(found, Awaitable):
            found = await found
        if found:
            return
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(0.1)


class FaultMaker:
    """Does one fault after the other on each target; different targets may be at fault together."""

    def __init__(
        self, plant: SoakPlant, rng: random.Random, settle: Callable[[], Awaitable[None]]
    ) -> None:
        self._plant, self._rng = plant, rng
        self._settle = settle
        """Holds the machines and waits until all is booked."""
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._backup: Path | None = None
        self._backups = 0
        self._settings: dict[str, str] = {}

    async def do(self, fault: Fault) -> None:
        """Bring it about, let it last, undo it."""
        async with self._turns[fault.target]:
            match fault.kind:
                case "kill -9":
                    self._plant.kill(fault.target)
                case "process frozen":
                    await self._freeze(fault)
                case "link cut" | "link frozen" | "half open for ever":
                    await self._break_link(fault)
                case "clock +1 h" | "clock -1 h":
                    sign = 1 if "+" in fault.kind else -1
                    self._plant.step_clock(fault.target, sign * HOUR_S)
                    await asyncio.sleep(fault.lasts_s)
                    self._plant.step_clock(fault.target, 0)
                case "disk full":
                    await self._fill_disk(fault)
                case "outbox deleted":
                    await self._delete_outbox(fault.target)
                case "server restored":
                    await self._restore()
                case "new settings" | "bad settings":
                    await self._new_settings(fault.target, good=fault.kind == "new settings")
                case "messages repeated":
                    await self._repeat(fault.lasts_s)
                case "hostile messages":
                    await self._be_hostile()
                case other:
                    raise ValueError(other)

    async def back_up(self) -> None:
        """Take a backup for the next restore."""
        self._backups += 1
        self._backup = self._plant.data.path / f"backup-{self._backups}.zip"
        await back_up(self._plant.database_url, self._backup, now=datetime.now(UTC))

    async def _break_link(self, fault: Fault) -> None:
        if fault.target not in LINKS:
            verb = "cut" if fault.kind == "link cut" else "freeze"
            await self._plant.ask(Order(do=verb, device=fault.target))
            await asyncio.sleep(fault.lasts_s)
            await self._plant.ask(Order(do="restore", device=fault.target))
            return
        link = self._plant.links[fault.target]
        match fault.kind:
            case "link cut":
                await link.cut()
            case "link frozen":
                await link.freeze()
            case _:
                await link.forget()
        await asyncio.sleep(fault.lasts_s)
        await link.restore()

    async def _freeze(self, fault: Fault) -> None:
        """The program neither works nor ends."""
        pid = self._plant.supervisor.pid(fault.target)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.lasts_s)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    async def _fill_disk(self, fault: Fault) -> None:
        """The edge goes on without its disk until it says that it found it full, and a while longer."""
        plant, agent = self._plant, fault.target
        disk, words = plant.disks[agent], "disk takes nothing"
        said = plant.log_of(agent).count(words)

        def is_felt() -> bool:
            disk.fill(plant.supervisor.pid(agent))  # what was freed meanwhile is taken again
            return plant.log_of(agent).count(words) > said

        try:
            await until(is_felt, f"{agent} on a full disk")
            await asyncio.sleep(fault.lasts_s)
        finally:
            disk.free(plant.supervisor.pid(agent))

    async def _delete_outbox(self, agent: str) -> None:
        """Running counters go on from what the bus knows of them, in mid-stream. What a scale had weighed and nobody had
        acknowledged is lost with an outbox: an agent with scales has its machines at rest before, and all booked."""
        plant, words = self._plant, "counter goes on from what is known elsewhere"
        known = await self._known(agent)
        if SCALES[agent] or not known >= self._counters(agent):
            await self._settle()
            known = await self._known(agent)
        said, outboxes = plant.log_of(agent).count(words), self._outboxes(agent)
        await plant.supervisor.take_down(agent)
        plant.disks[agent].erase()
        await plant.supervisor.bring_back(agent)
        await until(lambda: self._outboxes(agent) > outboxes, f"the new outbox of {agent}")
        going_on = len(known & self._counters(agent))
        await until(
            lambda: plant.log_of(agent).count(words) - said >= going_on,
            f"{going_on} counters of {agent} to go on",
        )
        # What a scale weighs before its first reading by the new outbox nobody could know: the machines rest until then.
        await until(lambda: SCALES[agent] <= self._remembered(agent), f"the scales of {agent}")
        # A server restored to before this would have nobody left to ask for what lay between.
        await self.back_up()

    async def _restore(self) -> None:
        """The server loses everything since the last backup, in mid-stream."""
        assert self._backup is not None
        plant = self._plant
        await plant.supervisor.take_down("server")
        restored = await restore(
            self._backup, plant.database_url, now=datetime.now(UTC), set_aside=True
        )
        if restored.differences:
            raise NotFelt(f"the backup was not restored as it was: {restored.differences}")
        if restored.set_aside:
            admin = plant.database_url.replace("/lineside?", "/postgres?")
            with psycopg.connect(admin, autocommit=True) as connection:
                name = sql.Identifier(restored.set_aside)
                connection.execute(sql.SQL("drop database {} with (force)").format(name))
        await plant.supervisor.bring_back("server")

    async def _new_settings(self, agent: str, *, good: bool) -> None:
        """Another endpoint of a device in mid-stream, or settings that must be refused."""
        file = self._plant.settings_of(agent)
        begun = self._settings.setdefault(agent, file.read_text(encoding="utf-8"))
        is_changed = "[endpoints]" in file.read_text(encoding="utf-8")
        if good:
            plant = self._plant.layout.plant.read_text(encoding="utf-8")
            endpoint = plant.partition("id: asm1")[2].partition("endpoint: ")[2].split()[0]
            more = f'\n[endpoints]\nasm1 = "{endpoint}&timeout_ms=900"\n'
            file.write_text(begun if is_changed else begun + more, encoding="utf-8")
            words = "new settings taken"
        else:
            words = "new settings refused"
        before = self._plant.log_of(agent).count(words)
        present = file.read_text(encoding="utf-8")

        async def heeded() -> bool:
            if not good:
                file.write_text(present + "\nagnet = 1\n", encoding="utf-8")
            self._plant.hang_up(agent)
            await asyncio.sleep(0.5)
            return self._plant.log_of(agent).count(words) > before

        try:
            await until(heeded, words)
        finally:
            file.write_text(present, encoding="utf-8")

    async def _repeat(self, lasts_s: float) -> None:
        """Facts and acknowledgements that passed come again, in another order."""
        heard: list[tuple[str, bytes]] = []
        try:
            async with self._client() as client:
                for channel in ("facts", "ack"):
                    await client.subscribe(f"lineside/v1/{SITE}/+/{channel}", qos=1)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(lasts_s):
                        async for message in client.messages:
                            heard += [(message.topic.value, bytes(message.payload))]
            if heard:
                again = self._rng.choices(heard, k=min(REPEATS_MAX, 3 * len(heard)))
                async with self._client() as client:
                    for topic, payload in again:
                        await client.publish(topic, payload, qos=1)
        except aiomqtt.MqttError:
            pass  # the broker was killed meanwhile; it has forgotten everything anyway

    async def _be_hostile(self) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async with self._client() as client:
                for topic, payload in hostile_messages(self._rng, BURST):
                    await client.publish(topic, payload, qos=1)

    def _client(self) -> aiomqtt.Client:
        return aiomqtt.Client(
            HOST, self._plant.layout.ports.mqtt, protocol=aiomqtt.ProtocolVersion.V5, timeout=5
        )

    async def _known(self, agent: str) -> set[str]:
        """The agent's counters that the bus knows, as unit:signal."""
        found: set[str] = set()
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with self._client() as client, asyncio.timeout(LISTEN_S):
                await client.subscribe(every_total(SITE, agent), qos=1)
                async for message in client.messages:
                    found.add(message.topic.value.rpartition("/")[2])
        return found

    def _counters(self, agent: str) -> set[str]:
        """Its counters that have a committed total, as unit:signal."""
        rows = self._rows(
            "select e.path, s.name from signal_total t join signal s on s.id = t.signal_id "
            "join equipment e on e.id = s.equipment_id where s.agent = %s and s.role <> 'consumed'",
            agent,
        )
        topics = [totals_topic(SITE, agent, str(path), str(name)) for path, name in rows]
        return {topic.rpartition("/")[2] for topic in topics}

    def _remembered(self, agent: str) -> set[str]:
        """The devices of which the agent's outbox has a memory."""
        found: set[str] = set()
        for file in (self._plant.data.path / agent).glob("**/*.sqlite"):
            with (
                contextlib.suppress(sqlite3.OperationalError),  # just being made
                contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as outbox,
            ):
                found |= {device for (device,) in outbox.execute("select device from memories")}
        return found

    def _outboxes(self, agent: str) -> int:
        """Outboxes of the agent that the server has heard of."""
        return len(self._rows("select id from source where agent = %s", agent))

    def _rows(self, query: LiteralString, agent: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self._plant.database_url, autocommit=True) as connection:
            return connection.execute(query, [agent]).fetchall()
