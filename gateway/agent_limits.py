"""How much one agent may send: buckets that fill with time, one each, so that who floods is held back and nobody else. Pure."""

from collections import OrderedDict
from dataclasses import dataclass, field

from gateway.contract.topic import Channel

MESSAGES_PER_S = 1_000.0
"""Thrice what an agent sends that drains its outbox as fast as the server commits."""
BYTES_PER_S = 10_000_000.0
STATUS_PER_S = 5.0
"""An agent says how it is every five seconds, and when it comes and goes."""
BURST_S = 2.0
"""So many seconds' worth may come at once."""
BUCKETS_MAX = 2_000
"""The least recently heard is forgotten; it begins anew with a full bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What may come per second."""

    messages_per_s: float = MESSAGES_PER_S
    bytes_per_s: float = BYTES_PER_S


@dataclass(slots=True, kw_only=True)
class _Bucket:
    messages: float
    size: float
    """Bytes."""
    at: float
    """Monotonic seconds."""


@dataclass(slots=True, kw_only=True)
class AgentLimits:
    """Admits what is within the rate of an agent's channel."""

    facts: Rate = field(default_factory=Rate)
    _buckets: OrderedDict[tuple[str, Channel], _Bucket] = field(
        default_factory=OrderedDict[tuple[str, Channel], _Bucket]
    )

    def admits(self, agent: str, channel: Channel, size: int, now: float) -> bool:
        """Whether a message of `size` bytes may come at `now` (monotonic seconds); what may, is taken off."""
        rate = self.facts if channel == "facts" else Rate(messages_per_s=STATUS_PER_S)
        full_messages = max(1.0, rate.messages_per_s * BURST_S)
        full_bytes = max(float(size), rate.bytes_per_s * BURST_S)
        bucket = self._buckets.get((agent, channel))
        if bucket is None:
            bucket = _Bucket(messages=full_messages, size=full_bytes, at=now)
            self._buckets[agent, channel] = bucket
            if len(self._buckets) > BUCKETS_MAX:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end((agent, channel))
        passed_s, bucket.at = max(0.0, now - bucket.at), now
        bucket.messages = min(full_messages, bucket.messages + passed_s * rate.messages_per_s)
        bucket.size = min(full_bytes, bucket.size + passed_s * rate.bytes_per_s)
        if bucket.messages < 1 or bucket.size < size:
            return False
        bucket.messages -= 1
        bucket.size -= size
        return True
