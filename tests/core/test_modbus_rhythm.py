"""A Modbus device is polled at its rhythm, whatever a poll takes and however late a wake-up comes."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from device_profiles.catalog import BUILTIN, load_profile
from edge.driver import Batch
from edge.modbus_driver import ModbusDriver, ModbusLinks
from edge.modbus_link import NoAnswer
from edge.request_plan import Block
from edge.unit_breaker import BREAKER_AFTER, Line

POLL_S = 0.1


class Enough(Exception):
    """The test has seen what it wanted."""


@dataclass
class LateClock:
    """Every sleep ends a little late."""

    late_s: float
    time_s: float = 0.0

    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(seconds=self.time_s)

    def monotonic(self) -> float:
        return self.time_s

    async def sleep(self, seconds: float) -> None:
        self.time_s += seconds + self.late_s
        await asyncio.sleep(0)


@dataclass
class SlowLink:
    """Answers with zeros, after a while."""

    clock: LateClock
    takes_s: list[float]
    """One each; the last again and again."""
    name: str = "slow"
    timeout_s: float = 1.0
    line: Line = field(default_factory=Line)
    polled_s: list[float] = field(default_factory=list[float])

    def link(self, endpoint: str) -> "SlowLink":
        return self

    async def read(self, unit: int, block: Block) -> Sequence[int]:
        self.polled_s.append(self.clock.time_s)
        self.clock.time_s += self.takes_s.pop(0) if len(self.takes_s) > 1 else self.takes_s[0]
        return [0] * block.count

    def release(self) -> None:
        """Nothing to close."""


async def polled(polls: int, *, late_s: float, takes_s: list[float]) -> list[float]:
    """When each of the first polls began."""
    clock = LateClock(late_s)
    link = SlowLink(clock, takes_s)
    whole = load_profile(BUILTIN / "counters" / "red-lion-paxi.yaml")
    profile = replace(whole, signals=dict([*whole.signals.items()][:1]), poll_ms=int(1000 * POLL_S))
    driver = ModbusDriver(
        endpoint="modbus-rtu:///dev/nowhere?unit=1",
        profile=profile,
        clock=clock,
        links=cast(ModbusLinks, link),
    )
    delivered: list[Batch] = []

    async def deliver(batch: Batch) -> None:
        delivered.append(batch)
        if len(delivered) == polls:
            raise Enough

    with pytest.raises(Enough):
        await driver.run(deliver)
    assert all(batch.fault is None for batch in delivered)
    return link.polled_s


async def test_wake_ups_that_come_late_do_not_add_up() -> None:
    begun = await polled(100, late_s=0.004, takes_s=[0.01])
    assert begun[-1] == pytest.approx(99 * POLL_S, abs=0.005)


async def test_after_a_poll_that_took_too_long_the_next_ones_find_back_to_the_rhythm() -> None:
    begun = await polled(10, late_s=0.0, takes_s=[0.01, 0.15, 0.01])
    assert begun[:5] == pytest.approx([0.0, 0.1, 0.25, 0.3, 0.4])


async def test_after_a_long_pause_one_missed_poll_is_made_up_for_and_no_more() -> None:
    begun = await polled(10, late_s=0.0, takes_s=[0.01, 5.0, 0.01])
    assert begun[2:6] == pytest.approx([5.1, 5.11, 5.2, 5.3])


class DeadLink(SlowLink):
    """A unit that never answers."""

    async def read(self, unit: int, block: Block) -> Sequence[int]:
        self.polled_s.append(self.clock.time_s)
        raise NoAnswer("no answer")


async def test_a_round_that_asks_for_nothing_is_no_sign_of_life() -> None:
    clock = LateClock(0.0)
    link = DeadLink(clock, [0.0])
    whole = load_profile(BUILTIN / "counters" / "red-lion-paxi.yaml")
    name, signal = next(iter(whole.signals.items()))
    rarely = replace(signal, sample_ms=int(3000 * POLL_S))
    profile = replace(whole, signals={name: rarely}, poll_ms=int(1000 * POLL_S))
    driver = ModbusDriver(
        endpoint="modbus-rtu:///dev/nowhere?unit=1",
        profile=profile,
        clock=clock,
        links=cast(ModbusLinks, link),
    )

    async def deliver(batch: Batch) -> None:
        if len(link.polled_s) > BREAKER_AFTER + 1:
            raise Enough

    with pytest.raises(Enough):
        await driver.run(deliver)
    assert driver._breaker.failures > BREAKER_AFTER  # pyright: ignore[reportPrivateUsage]
