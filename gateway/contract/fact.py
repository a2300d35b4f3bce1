"""Facts: what an edge agent saw, decoded and totalised, in the words the whole plant uses.

A fact carries its running total as well as its step, so that a replay changes nothing and the server can prove
sum(delta) = total for every signal. Times are UTC with an offset. Unknown fields are refused.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import msgspec

from gateway.contract.state import EquipmentState

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""A point in time with its offset; naive times are refused."""


Pieces = Annotated[int, msgspec.Meta(ge=0, le=10**12 - 1)]
"""A count within what the ledger can hold."""


class Quality(StrEnum):
    """How far a fact may be trusted."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    """Booked, but marked: agent time instead of machine time, or a step over an outage."""
    QUARANTINED = "quarantined"
    """Not booked; shown to a person with its reason."""


class Cause(StrEnum):
    """Why a running total moved, or did not."""

    BASELINE = "baseline"
    """First sample ever of this signal (or of a new epoch): +0."""
    STEP = "step"
    WRAP = "wrap"
    RESET = "reset"
    LATE = "late"
    """What accumulated while nobody was listening, over [since, at]."""
    SUSPECT = "suspect"
    """A jump beyond the plausible that repeated itself: quarantined, delta is 0, `claimed` holds the jump."""
    AMBIGUOUS = "ambiguous"
    """Wrap and reset both explain it: quarantined, delta is 0, `claimed` holds the larger reading."""


class Fact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="kind",
):
    """What every fact says: which signal of which unit, when the machine and when the agent saw it."""

    equipment: str
    signal: str
    at: Instant
    """Machine time: decides order, shift and hour."""
    arrived: Instant
    """The agent's clock when it read the value."""
    quality: Quality = Quality.GOOD


class CountFact(Fact, frozen=True, kw_only=True, tag="count"):
    """Pieces: the signal's total stepped by `delta` during (since, at]."""

    epoch: int
    """Totalizer epoch of this signal; grows when a baseline is taken anew. Totals compare within one epoch only."""
    total: Pieces
    delta: Annotated[int, msgspec.Meta(ge=-(10**11), le=10**11)]
    raw: int
    cause: Cause
    since: Instant | None = None
    claimed: Annotated[int, msgspec.Meta(ge=-(10**11), le=10**11)] = 0
    """Pieces seen but not booked (suspect and ambiguous steps)."""


class WeightFact(Fact, frozen=True, kw_only=True, tag="weight"):
    """One captured weighing: material that left the scale during (since, at], net, in `unit`."""

    epoch: int
    total: Decimal
    delta: Decimal
    unit: str
    cause: Cause
    level: Decimal | None = None
    """Stable net weight that remained on the scale."""
    since: Instant | None = None
    claimed: Decimal = Decimal(0)


class StateFact(Fact, frozen=True, kw_only=True, tag="state"):
    """The unit entered `state` at `at` (backdated to the first sample of a debounced change)."""

    state: EquipmentState
    detail: str = ""
    """The machine's own word, e.g. PackML `Held`, or the alarm text; 'no data' when the device is lost."""


class MeasurementFact(Fact, frozen=True, kw_only=True, tag="measurement"):
    """A process value, in the unit of the profile."""

    value: float
    unit: str


class JobAnswerFact(Fact, frozen=True, kw_only=True, tag="job_answer"):
    """The machine's answer to a job-order download."""

    command_id: str
    accepted: bool
    reason: str = ""
    """Why it was refused, in words for the operator; empty when accepted."""


AnyFact = CountFact | WeightFact | StateFact | MeasurementFact | JobAnswerFact
