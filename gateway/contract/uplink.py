"""Envelopes: edge -> gateway (MQTT), gateway -> server (HTTPS), and the acknowledgements back."""

import msgspec

from gateway.contract.fact import AnyFact, Instant

FACTS_PER_MESSAGE_MAX = 80
"""An edge sends at most so many facts in one MQTT message: 20,480 bytes is the default payload limit of rumqttd."""
MESSAGE_BYTES_MAX = 20_000
FACTS_PER_BATCH_MAX = 5_000
BATCH_WAIT_MS = 50
CREDIT_DEFAULT = 4_000
"""Unacknowledged facts an agent may have on the wire."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything that crosses the wire: unknown fields are refused."""


class FactMessage(Envelope, frozen=True, kw_only=True):
    """`.../facts`: facts[i] has sequence `first_seq + i`; sequences are gapless within (agent, outbox_epoch)."""

    agent: str
    outbox_epoch: int
    first_seq: int
    facts: list[AnyFact]
    oldest_seq: int = 1
    """Lowest sequence the edge can still send. A server that lacks earlier ones (restored from an older backup) records
    the gap and goes on from here; the running totals say how many pieces lay in it."""


class Ack(Envelope, frozen=True, kw_only=True, omit_defaults=True):
    """`.../ack`: everything up to and including `through` is committed."""

    outbox_epoch: int
    through: int
    credit: int = CREDIT_DEFAULT
    rewind: bool = False
    """True when the server saw a gap: send again from `through + 1`."""
    gap: bool = False
    """True when the server found facts missing for good: say all totals again."""


class AgentStatus(Envelope, frozen=True, kw_only=True):
    """`.../status`, retained; `online=False` is the last will."""

    agent: str
    online: bool
    since: Instant | None = None
    outbox_epoch: int = 0
    backlog: int = 0
    """Facts on disk that are not yet acknowledged."""


class Verdict(Envelope, frozen=True, kw_only=True):
    """The gateway's judgement that one fact is not plausible; it is stored and shown, not booked."""

    seq: int
    reason: str


class SourceBatch(Envelope, frozen=True, kw_only=True):
    """Consecutive facts of one agent; at least one."""

    agent: str
    outbox_epoch: int
    first_seq: int
    facts: list[AnyFact]
    oldest_seq: int = 1
    quarantined: list[Verdict] = []


class IngestRequest(Envelope, frozen=True, kw_only=True):
    """`POST /api/v1/ingest/facts`: at most FACTS_PER_BATCH_MAX facts over all sources."""

    gateway: str
    sources: list[SourceBatch]


class SourceMark(Envelope, frozen=True, kw_only=True, omit_defaults=True):
    """The server's cumulative high-water mark of one agent's outbox, after commit."""

    agent: str
    outbox_epoch: int
    through: int
    rewind: bool = False
    credit: int = CREDIT_DEFAULT
    gap: bool = False
    """Facts were just found to be missing for good: the agent is to say its totals again, which prove the pieces."""


class IngestReply(Envelope, frozen=True, kw_only=True):
    """Answer to an IngestRequest, one mark per source in it."""

    marks: list[SourceMark]
    stored: int
    duplicates: int
