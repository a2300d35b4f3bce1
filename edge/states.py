"""From raw state words to state changes: debounced, and backdated to the first sample of the new state. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.contract.state import EquipmentState

NO_DATA = "no data"
"""Detail of the unknown state of a device that is not heard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMap:
    """How a signal's raw words become states; see `Signal.states`."""

    states: Mapping[str, EquipmentState]
    names: Mapping[str, str]
    debounce_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A word that differs from the reported one and has not lasted long enough yet."""

    word: str
    at: datetime
    arrived: datetime
    monotonic_s: float
    uncertain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMemory:
    """The last reported word, None when nothing (or `no data`) was reported, and what may follow it."""

    word: str | None = None
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """The unit entered `state` at `at`."""

    state: EquipmentState
    detail: str
    at: datetime
    arrived: datetime
    uncertain: bool = False


def observe(memory: StateMemory, sample: Candidate) -> StateMemory:
    """Take one good sample; `confirm` says when it counts. A word that falls back in time was a flicker."""
    if sample.word == memory.word:
        return StateMemory(word=memory.word) if memory.candidate else memory
    if memory.candidate is not None and memory.candidate.word == sample.word:
        return memory
    return StateMemory(word=memory.word, candidate=sample)


def confirm(
    state_map: StateMap, memory: StateMemory, monotonic_s: float
) -> tuple[StateMemory, StateChange | None]:
    """Report the candidate when it has lasted for the debounce time."""
    candidate = memory.candidate
    if candidate is None:
        return memory, None
    if (monotonic_s - candidate.monotonic_s) * 1000 < state_map.debounce_ms - 1e-6:
        return memory, None
    change = StateChange(
        state=state_map.states.get(candidate.word, EquipmentState.UNKNOWN),
        detail=state_map.names.get(candidate.word, candidate.word),
        at=candidate.at,
        arrived=candidate.arrived,
        uncertain=candidate.uncertain,
    )
    return StateMemory(word=candidate.word), change


def lose(*, heard: datetime, now: datetime) -> tuple[StateMemory, StateChange]:
    """The device is not heard any more: unknown, not stopped, since it was last heard."""
    change = StateChange(state=EquipmentState.UNKNOWN, detail=NO_DATA, at=heard, arrived=now)
    return StateMemory(), change
