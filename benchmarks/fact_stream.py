"""Facts of the fifty lines: 75 % counts, 15 % weighings, 10 % states, seeded."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from gateway.contract.fact import AnyFact, Cause, CountFact, StateFact, WeightFact
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import SourceBatch

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
ORDER_SPAN = timedelta(minutes=30)
"""Machine time after which each line goes on to its next order."""
_STATES = (EquipmentState.RUNNING, EquipmentState.DOWN, EquipmentState.IDLE)


@dataclass
class FactStream:
    """One agent's endless facts over some of the lines."""

    agent: str
    lines: Sequence[int]
    seed: int
    step: timedelta = timedelta(milliseconds=20)
    """Machine time between facts."""
    begin: datetime = START
    """Machine time of the first."""
    suffix: str = ""
    """Of its signals: two agents never count the same signal."""
    next_seq: int = 1
    _totals: dict[tuple[int, str], Decimal] = field(default_factory=dict[tuple[int, str], Decimal])

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def batch(self, size: int) -> SourceBatch:
        """The next `size` facts."""
        first, self.next_seq = self.next_seq, self.next_seq + size
        facts = [self._fact(seq) for seq in range(first, first + size)]
        return SourceBatch(agent=self.agent, outbox_epoch=1, first_seq=first, facts=facts)

    def _fact(self, seq: int) -> AnyFact:
        at = self.begin + seq * self.step
        line = self.lines[seq % len(self.lines)]
        unit = f"bench/a/l{line}/u"
        dice = self._random.random()
        if dice < 0.75:
            total = int(self._step(line, "good", Decimal(1)))
            return CountFact(
                equipment=unit, signal=f"good{self.suffix}", at=at, arrived=at, epoch=1, total=total, delta=1, raw=total % 65_536,
                cause=Cause.STEP,
            )  # fmt: skip
        if dice < 0.90:
            return WeightFact(
                equipment=unit, signal=f"resin{self.suffix}", at=at, arrived=at, epoch=1, unit="kg", cause=Cause.STEP,
                total=self._step(line, "resin", Decimal("0.5")), delta=Decimal("0.5"),
            )  # fmt: skip
        state = self._random.choice(_STATES)
        return StateFact(equipment=unit, signal="state", at=at, arrived=at, state=state)

    def _step(self, line: int, signal: str, by: Decimal) -> Decimal:
        total = self._totals.get((line, signal), Decimal(0)) + by
        self._totals[line, signal] = total
        return total

    def continue_from(self, totals: Iterable[tuple[str, str, Decimal]]) -> None:
        """Go on where (unit path, signal, total) stand."""
        for path, signal, total in totals:
            line = int(path.split("/")[2].removeprefix("l"))
            if signal.endswith("2") == bool(self.suffix):
                self._totals[line, signal.removesuffix("2")] = total
