"""What a full outbox gives up: measurements first, then the minute-resolution of counts. Never a count. Pure."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from gateway.contract.fact import AnyFact, Cause, CountFact, MeasurementFact, Quality

_MERGES = (Cause.STEP, Cause.WRAP, Cause.RESET, Cause.LATE)


def without_measurements(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """Everything but process values."""
    return [fact for fact in facts if not isinstance(fact, MeasurementFact)]


def merged_per_minute(facts: Iterable[AnyFact]) -> list[AnyFact]:
    """Booked counts of one signal within one minute become one fact with the same sum and the last total."""
    result: list[AnyFact | None] = []
    open_at: dict[tuple[str, str], int] = {}
    for fact in facts:
        if isinstance(fact, CountFact):
            key = (fact.equipment, fact.signal)
            place = open_at.get(key)
            before = result[place] if place is not None else None
            if place is not None and isinstance(before, CountFact) and _belong(before, fact):
                result[place] = None
                fact = _sum(before, fact)
            open_at[key] = len(result)
        result.append(fact)
    return [fact for fact in result if fact is not None]


def _belong(first: CountFact, second: CountFact) -> bool:
    return (
        first.cause in _MERGES
        and second.cause in _MERGES
        and first.epoch == second.epoch
        and _minute(first.at) == _minute(second.at)
    )


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _sum(first: CountFact, second: CountFact) -> CountFact:
    uncertain = Quality.UNCERTAIN in (first.quality, second.quality)
    late = Cause.LATE in (first.cause, second.cause)
    return msgspec.structs.replace(
        second,
        delta=first.delta + second.delta,
        since=first.since or first.at,
        cause=Cause.LATE if late else Cause.STEP,
        quality=Quality.UNCERTAIN if uncertain else Quality.GOOD,
    )
