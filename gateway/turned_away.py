"""What the gateway turned away, by agent and reason: counted, bounded, and told to whoever looks. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from gateway.contract.codec import Malformed

AGENTS_MAX = 1_000
OTHERS = "(others)"
"""Stands for all further agents."""
NOBODY = "(unknown)"
"""Stands for whoever used a topic that names no agent of the site."""


class Reason(StrEnum):
    """Why a message was not taken."""

    TOO_LARGE = "too-large"
    TOO_FAST = "too-fast"
    NO_ROOM = "no-room"
    """Too much of the agent's waits already; it sends this again."""
    NOT_JSON = "not-json"
    NOT_IN_CONTRACT = "not-in-contract"
    BAD_SEQUENCE = "bad-sequence"
    BAD_TOPIC = "bad-topic"
    WRONG_AGENT = "wrong-agent"
    """It named another agent than its topic."""
    BROKE = "broke"
    """The gateway broke over it, which is the gateway's fault; its agent sends it again."""


class TurnedAwayMessage(Malformed):
    """A message that is not taken, and why."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(slots=True, kw_only=True)
class TurnedAway:
    """Running totals since the gateway started."""

    total: int = 0
    _counts: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])

    def count(self, agent: str, reason: Reason) -> None:
        """One more."""
        if agent not in self._counts and len(self._counts) >= AGENTS_MAX:
            agent = OTHERS
        reasons = self._counts.setdefault(agent, {})
        reasons[reason.value] = reasons.get(reason.value, 0) + 1
        self.total += 1

    def by_agent(self) -> Mapping[str, Mapping[str, int]]:
        """Agent -> reason -> messages."""
        return {agent: {**reasons} for agent, reasons in self._counts.items()}

    def worst(self, agents_max: int) -> dict[str, dict[str, int]]:
        """Agent -> reason -> messages, of those agents of whom most was turned away."""
        ranked = sorted(self._counts.items(), key=lambda entry: -sum(entry[1].values()))
        return {agent: {**reasons} for agent, reasons in ranked[:agents_max]}

    def of(self, agent: str) -> Mapping[str, int]:
        """Reason -> messages of one agent."""
        return self._counts.get(agent, {})


def reason_of(error: ValueError) -> Reason:
    """The reason behind a message that could not be read."""
    if isinstance(error, TurnedAwayMessage):
        return error.reason
    cause = error.__cause__
    if isinstance(cause, msgspec.ValidationError):
        return Reason.NOT_IN_CONTRACT
    return Reason.NOT_JSON
