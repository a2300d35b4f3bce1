"""What a scale's tracker keeps on disk: enough to go on after a kill without missing a load."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from device_profiles.catalog import builtin_plant, load_plant
from device_profiles.profile import Weighing
from edge.driver import Batch, Reading
from edge.tracker import Output, Place, Record, WeighingRecord
from edge.weight_tracker import WeightTracker

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
SCALE = load_plant(builtin_plant("kettle-works")).devices["resin-scale"]
LOADS = Weighing(mode="capture", division=Decimal("0.001"), settle_ms=200, samples_min=3)


class Platform:
    """A platform scale read every 100 ms, by agents that are killed and started again."""

    def __init__(self) -> None:
        self._disk: dict[tuple[str, str], Record] = {}
        self._polls = 0
        self.loads: list[Decimal] = []
        self.start()

    def start(self) -> None:
        """A new agent; it knows what is on disk."""
        signal = SCALE.profile.signals["net"]
        [binding] = SCALE.bindings
        place = Place(
            device=SCALE.id,
            equipment=SCALE.equipment,
            binding=binding,
            signal=replace(signal, weighing=LOADS),
            boot="b",
            epoch=1,
        )
        record = self._disk.get((SCALE.id, signal.name))
        known = record if isinstance(record, WeighingRecord) else None
        self._tracker = WeightTracker(place, LOADS, known)

    def shows(self, grams: int, *, polls: int = 6) -> None:
        for _ in range(polls):
            self._polls += 1
            batch = Batch(
                readings=(),
                arrived=START + timedelta(seconds=self._polls / 10),
                monotonic_s=self._polls / 10,
            )
            out = Output()
            self._tracker.take(Reading(signal="net", value=grams), batch, {"net": grams}, out)
            self._disk.update(out.records)
            self.loads += [fact.delta for fact in out.facts if fact.delta]  # pyright: ignore


def test_a_load_that_came_while_the_agent_was_down_is_captured() -> None:
    """The scale was seen empty before the kill, so what lies there now is another load."""
    scale = Platform()
    scale.shows(12_500)
    scale.shows(0)
    scale.start()
    scale.shows(7_250)
    assert scale.loads == [Decimal("12.5"), Decimal("7.25")]


def test_a_load_that_stayed_while_the_agent_was_down_is_not_captured_again() -> None:
    scale = Platform()
    scale.shows(12_500)
    scale.start()
    scale.shows(12_500)
    assert scale.loads == [Decimal("12.5")]
