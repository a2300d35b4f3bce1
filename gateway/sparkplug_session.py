"""What a Sparkplug B edge node may say next, and with which numbers: births before data, aliases, seq, bdSeq. Pure.

Sparkplug 3.0.0, the rules for the edge node. A life is one MQTT connection: it
begins with the last will that the broker keeps (NDEATH with a new bdSeq) and with an NBIRTH of the same bdSeq, whose seq
is 0. Everything after it counts seq on, to 255 and around. Only what a birth named may follow as data, by alias.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from gateway.contract.sparkplug import (
    BD_SEQ,
    REBIRTH,
    DataType,
    Metric,
    Payload,
    Property,
    Scalar,
    encode,
    topic,
)

SEQ_MODULUS = 256
ENGINEERING_UNIT = "engUnit"
QUALITY = "Quality"
UNCERTAIN = "Uncertain"


class ShownQuality(IntEnum):
    """The three words Sparkplug has for a value's quality."""

    BAD = 0
    GOOD = 192
    STALE = 500
    """Not known now; the value is null."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One metric as it stands now."""

    name: str
    datatype: DataType
    value: Scalar | None
    """None: not known. It travels as null, never as a zero or as the last value."""
    at_ms: int | None = None
    """When the machine said it, ms since 1970; None: when it is published."""
    unit: str = ""
    uncertain: bool = False
    """Booked, but marked: agent time instead of machine time, or a step over an outage."""

    @property
    def quality(self) -> ShownQuality:
        """Good or stale."""
        return ShownQuality.STALE if self.value is None else ShownQuality.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to publish, not retained, at most once (QoS 0); deaths at least once."""

    topic: str
    payload: Payload
    is_data: bool = False
    """Its metrics were born before: aliases without datatypes."""

    @property
    def encoded(self) -> bytes:
        """The bytes to publish."""
        return encode(self.payload, datatypes=not self.is_data)


@dataclass(slots=True, kw_only=True)
class NodeSession:
    """One edge node over its lives. Publish each message as it is made: the numbers are given when it is."""

    group: str
    node: str
    bd_seq: int = 0
    """Of the last life; a program that starts again should not begin where it began before."""
    born: bool = False
    """Since the node's birth; only then anything else may be said."""
    _seq: int = 0
    _aliases: dict[tuple[str | None, str], int] = field(
        default_factory=dict[tuple[str | None, str], int]
    )
    """Of (device, metric); the same for all lives of this program."""
    _told: dict[str | None, dict[str, Shown]] = field(
        default_factory=dict[str | None, dict[str, Shown]]
    )
    """Device (None: the node) -> what was last said, for those that are alive."""

    def new_life(self) -> None:
        """A connection is about to be made; `death` then belongs to it."""
        self.bd_seq = (self.bd_seq + 1) % SEQ_MODULUS
        self.rebirth()

    def rebirth(self) -> None:
        """Everything must be said anew: a host asked for it, or a message did not get out."""
        self.born = False
        self._told.clear()

    def is_alive(self, device: str) -> bool:
        """Between the device's birth and its death."""
        return device in self._told

    def death(self, now_ms: int) -> Message:
        """The last will of this life, and what is said before a connection is ended in order."""
        payload = Payload(timestamp_ms=now_ms, metrics=(self._bd_seq_metric(now_ms),))
        return Message(topic=topic(self.group, "NDEATH", self.node), payload=payload)

    def node_birth(self, metrics: Sequence[Shown], now_ms: int) -> Message:
        """The first message of a life, and the answer to a request for rebirth: all devices must be born after it."""
        self.rebirth()
        self.born, self._seq = True, 0
        wish = Metric(name=REBIRTH, datatype=DataType.BOOLEAN, timestamp_ms=now_ms, value=False)
        return self._birth(None, metrics, now_ms, (self._bd_seq_metric(now_ms), wish))

    def device_birth(self, device: str, metrics: Sequence[Shown], now_ms: int) -> Message:
        """A device is there: all its metrics, with names, datatypes and properties."""
        return self._birth(device, metrics, now_ms, ())

    def data(self, device: str | None, metrics: Sequence[Shown], now_ms: int) -> Message | None:
        """What changed since it was last said; None when nothing did. A metric that no birth named asks for a birth."""
        told = self._told[device]
        if any(shown.name not in told for shown in metrics):
            if device is not None:
                return self.device_birth(device, metrics, now_ms)
            return self.node_birth(metrics, now_ms)
        changed = [shown for shown in metrics if _is_news(told[shown.name], shown)]
        if not changed:
            return None
        told.update({shown.name: shown for shown in changed})
        found = tuple(self._by_alias(device, shown, now_ms) for shown in changed)
        return self._message("DDATA" if device else "NDATA", device, found, now_ms)

    def device_death(self, device: str, now_ms: int) -> Message:
        """The device is gone; what it said is no longer true."""
        del self._told[device]
        return self._message("DDEATH", device, (), now_ms)

    def _birth(
        self,
        device: str | None,
        metrics: Sequence[Shown],
        now_ms: int,
        first: tuple[Metric, ...],
    ) -> Message:
        self._told[device] = {shown.name: shown for shown in metrics}
        named = tuple(self._named(device, shown, now_ms) for shown in metrics)
        return self._message("DBIRTH" if device else "NBIRTH", device, first + named, now_ms)

    def _message(
        self, kind: str, device: str | None, metrics: tuple[Metric, ...], now_ms: int
    ) -> Message:
        seq, self._seq = self._seq, (self._seq + 1) % SEQ_MODULUS
        payload = Payload(timestamp_ms=now_ms, metrics=metrics, seq=seq)
        return Message(
            topic=topic(self.group, kind, self.node, device),
            payload=payload,
            is_data=kind in ("NDATA", "DDATA"),
        )

    def _named(self, device: str | None, shown: Shown, now_ms: int) -> Metric:
        unit = (
            (Property(name=ENGINEERING_UNIT, datatype=DataType.STRING, value=shown.unit),)
            if shown.unit
            else ()
        )
        return Metric(
            name=shown.name,
            alias=self._aliases.setdefault((device, shown.name), len(self._aliases) + 1),
            timestamp_ms=now_ms if shown.at_ms is None else shown.at_ms,
            datatype=shown.datatype,
            is_null=shown.value is None,
            value=shown.value,
            properties=(*unit, *_quality(shown)),
        )

    def _by_alias(self, device: str | None, shown: Shown, now_ms: int) -> Metric:
        """As data: its alias stands for its name."""
        return Metric(
            alias=self._aliases[device, shown.name],
            timestamp_ms=now_ms if shown.at_ms is None else shown.at_ms,
            datatype=shown.datatype,
            is_null=shown.value is None,
            value=shown.value,
            properties=_quality(shown),
        )

    def _bd_seq_metric(self, now_ms: int) -> Metric:
        return Metric(name=BD_SEQ, datatype=DataType.INT64, timestamp_ms=now_ms, value=self.bd_seq)


def _is_news(before: Shown, now: Shown) -> bool:
    """A value said again at a later time is none."""
    return (before.value, before.uncertain) != (now.value, now.uncertain)


def _quality(shown: Shown) -> tuple[Property, ...]:
    return (
        Property(name=QUALITY, datatype=DataType.INT32, value=int(shown.quality)),
        Property(name=UNCERTAIN, datatype=DataType.BOOLEAN, value=shown.uncertain),
    )
