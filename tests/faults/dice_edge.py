"""An edge agent whose devices are dice: the real outbox and uplink, facts by seed until the wanted totals are reached.

`python -m tests.faults.dice_edge FILE` with a JSON file of `Wanted`. Like a device tracker it keeps the memory of each
signal in the transaction of the facts derived from it, so it may be killed at any moment and goes on where its disk is.
"""

import asyncio
import random
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import msgspec

from device_profiles.broker import Broker
from device_profiles.program import Clock, SystemClock, configure_logging
from edge.outbox import Outbox
from edge.totalizer import CounterMemory
from edge.tracker import CounterRecord, Output, Record, WeighingRecord
from edge.uplink import Uplink
from edge.weighing import WeighingMemory
from gateway.contract.fact import AnyFact, Cause, CountFact, JobAnswerFact, StateFact, WeightFact
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.state import EquipmentState

DEVICE = "dice"
GRAM = Decimal("0.001")
BOOT = "one"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What this agent makes: the totals at which it falls silent, per outbox."""

    site: str
    agent: str
    unit: str
    outbox: str
    broker_port: int
    seed: int
    good: int = 0
    scrap: int = 0
    weighed: dict[str, Decimal] = {}
    """Signal -> kilograms."""
    facts_per_s: int = 1000
    pieces_max: int = 3
    """Good pieces of one fact."""


class Dice:
    """Rolls the next facts from the totals so far; the same totals and seed roll the same."""

    def __init__(self, wanted: Wanted, records: dict[tuple[str, str], Record], epoch: int) -> None:
        self._wanted = wanted
        self._records = records
        self._epoch = epoch

    def roll(self, now: datetime, out: Output) -> bool:
        """Append one cycle of the machine; False when all is made."""
        wanted = self._wanted
        first = (DEVICE, "good") not in self._records
        begun = {"good": self._pieces("good"), "scrap": self._pieces("scrap")}
        rng = random.Random(f"{wanted.seed}/{self._epoch}/{begun}")
        left = {"good": wanted.good - begun["good"], "scrap": wanted.scrap - begun["scrap"]}
        kilograms = {name: kg - self._kilograms(name) for name, kg in wanted.weighed.items()}
        if not first and not any(left.values()) and not any(kilograms.values()):
            return False
        if first or left["good"]:
            self._count(
                "good",
                0 if first else min(left["good"], rng.randint(1, wanted.pieces_max)),
                now,
                out,
            )
        if first or (left["scrap"] and (not left["good"] or rng.random() < 0.1)):
            self._count("scrap", 0 if first else 1, now, out)
        for name, rest in kilograms.items():
            if first or (rest and (not left["good"] or rng.random() < 0.2)):
                step = min(rest, rng.randint(1, 900) * GRAM)
                self._weigh(name, Decimal(0) if first else step, now, out)
        if first or rng.random() < 0.05:
            state = rng.choice([EquipmentState.RUNNING, EquipmentState.IDLE, EquipmentState.DOWN])
            out.facts.append(self._state(state, now))
        return True

    def _pieces(self, signal: str) -> int:
        record = self._records.get((DEVICE, signal))
        return record.memory.total if isinstance(record, CounterRecord) else 0

    def _kilograms(self, signal: str) -> Decimal:
        record = self._records.get((DEVICE, signal))
        return record.memory.total if isinstance(record, WeighingRecord) else Decimal(0)

    def _count(self, signal: str, step: int, now: datetime, out: Output) -> None:
        begun = (DEVICE, signal) in self._records
        total = self._pieces(signal) + step
        memory = CounterMemory(
            epoch=self._epoch, raw=total, total=total, at=now, seen=now, monotonic_s=0.0, boot=BOOT
        )
        self._remember(signal, CounterRecord(memory=memory), out)
        out.facts.append(
            CountFact(
                equipment=self._wanted.unit, signal=signal, at=now, arrived=now,
                epoch=self._epoch, total=total, delta=step, raw=total,
                cause=Cause.STEP if begun else Cause.BASELINE,
            )
        )  # fmt: skip

    def _weigh(self, signal: str, step: Decimal, now: datetime, out: Output) -> None:
        begun = (DEVICE, signal) in self._records
        total = self._kilograms(signal) + step
        memory = WeighingMemory(epoch=self._epoch, total=total, at=now)
        self._remember(signal, WeighingRecord(memory=memory), out)
        out.facts.append(
            WeightFact(
                equipment=self._wanted.unit, signal=signal, at=now, arrived=now,
                epoch=self._epoch, total=total, delta=step, unit="kg",
                cause=Cause.STEP if begun else Cause.BASELINE,
            )
        )  # fmt: skip

    def _state(self, state: EquipmentState, now: datetime) -> AnyFact:
        return StateFact(
            equipment=self._wanted.unit, signal="state", at=now, arrived=now, state=state
        )

    def _remember(self, signal: str, record: Record, out: Output) -> None:
        self._records[DEVICE, signal] = record
        out.records[DEVICE, signal] = record


async def run(wanted: Wanted, clock: Clock) -> None:
    """Produce and send until killed."""
    outbox = Outbox(Path(wanted.outbox), now_ms=int(clock.now().timestamp() * 1000))
    records = await outbox.open()

    async def answer(command: JobOrderCommand) -> None:
        now = clock.now()
        fact = JobAnswerFact(
            equipment=command.equipment, signal="job_order", at=now, arrived=now,
            command_id=command.command_id, accepted=True,
        )  # fmt: skip
        outbox.append(Output(facts=[fact]))

    uplink = Uplink(
        site=wanted.site,
        agent=wanted.agent,
        broker=Broker(host="127.0.0.1", port=wanted.broker_port),
        outbox=outbox,
        clock=clock,
        on_command=answer,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(outbox.run())
        group.create_task(uplink.run())
        dice = Dice(wanted, records, outbox.epoch)
        rolling = True
        while rolling:
            out = Output()
            while rolling and len(out.facts) < wanted.facts_per_s // 50:
                rolling = dice.roll(clock.now(), out)
            outbox.append(out)
            await outbox.room()
            await clock.sleep(0.02)


if __name__ == "__main__":
    configure_logging(program="dice-edge", level="warning")
    asyncio.run(
        run(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Wanted), SystemClock())
    )
