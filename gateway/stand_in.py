"""Stand-ins: what takes the place of a fact that cannot be read or stored, so that it stays visible and blocks nobody.

Sequences are gapless, so a fact that could never be committed would hold up its agent for ever. Its place is taken by a
quarantined measurement of nothing; the reason that travels with it quotes the fact as it was. Pure.
"""

from datetime import UTC, datetime

import msgspec

from gateway.contract.codec import Malformed, decode
from gateway.contract.fact import AnyFact, Instant, MeasurementFact, Quality
from gateway.contract.uplink import FactMessage, Verdict

QUOTE_MAX = 1_500
"""Characters of the original that a reason quotes; the rest is cut."""
NAME_MAX = 200
"""Characters of an equipment path (4 x 48 + 3) or signal name."""
YEARS = range(2000, 2200)
"""A time outside these years is a device without a clock."""
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)
_FACT = msgspec.json.Decoder(AnyFact)


class _Names(msgspec.Struct, frozen=True, kw_only=True):
    """What can be known of a fact that cannot be read."""

    equipment: str = ""
    signal: str = ""
    at: Instant | None = None
    arrived: Instant | None = None


class _Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A FactMessage whose facts are still bytes."""

    agent: str
    outbox_epoch: int
    first_seq: int
    facts: list[msgspec.Raw]
    oldest_seq: int = 1


_NAMES = msgspec.json.Decoder(_Names)
_ENVELOPE = msgspec.json.Decoder(_Envelope)


def read_message(payload: bytes) -> tuple[FactMessage, list[Verdict]]:
    """Read a message; facts that cannot be read are replaced by stand-ins with a verdict each.

    Raises Malformed when not even the envelope can be read: then nobody knows whose sequence it is.
    """
    try:
        return decode(payload, FactMessage), []
    except Malformed as error:
        return _read_each(payload, error)


def stand_in(fact: AnyFact | _Names) -> MeasurementFact:
    """A quarantined measurement of nothing, at the fact's place and time as far as these can be stored."""
    arrived = _storable_time(fact.arrived) or _storable_time(fact.at) or _NO_TIME
    return MeasurementFact(
        equipment=storable_text(fact.equipment, NAME_MAX),
        signal=storable_text(fact.signal, NAME_MAX),
        at=_storable_time(fact.at) or arrived,
        arrived=arrived,
        quality=Quality.QUARANTINED,
        value=0.0,
        unit="",
    )


def quoting(reason: str, original: bytes) -> str:
    """A reason that quotes the fact it is about."""
    text = original.decode("utf-8", errors="replace")
    cut = text if len(text) <= QUOTE_MAX else f"{text[:QUOTE_MAX]}…"
    # The reason may name a word of the fact, too.
    return f"{reason} It read: {cut}".replace("\x00", "\ufffd")


def storable_text(text: str, length: int) -> str:
    """Text without zero characters, which no database takes, and no longer than `length`."""
    return text.replace("\x00", "\ufffd")[:length]


def is_storable_time(at: datetime) -> bool:
    """Whether the time lies in years that a plant may see."""
    return at.year in YEARS


def _read_each(payload: bytes, whole: Malformed) -> tuple[FactMessage, list[Verdict]]:
    try:
        envelope = _ENVELOPE.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise whole from error
    facts: list[AnyFact] = []
    verdicts: list[Verdict] = []
    for seq, raw in enumerate(envelope.facts, start=envelope.first_seq):
        fact, reason = _read_one(bytes(raw))
        facts.append(fact)
        if reason:
            verdicts.append(Verdict(seq=seq, reason=reason))
    message = FactMessage(
        agent=envelope.agent,
        outbox_epoch=envelope.outbox_epoch,
        first_seq=envelope.first_seq,
        facts=facts,
        oldest_seq=envelope.oldest_seq,
    )
    return message, verdicts


def _read_one(raw: bytes) -> tuple[AnyFact, str]:
    """The fact, or its stand-in and the reason."""
    try:
        return _FACT.decode(raw), ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = quoting(f"The gateway cannot read this fact: {error}.", raw)
    try:
        names = _NAMES.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        names = _Names()
    return stand_in(names), reason


def _storable_time(at: datetime | None) -> datetime | None:
    return at if at is not None and is_storable_time(at) else None
