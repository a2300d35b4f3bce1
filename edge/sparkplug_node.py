"""What the messages of one Sparkplug B edge node amount to: births, aliases, sequence, deaths. Pure.

Sparkplug 3.0.0, 6.4 (sequence numbers, bdSeq, aliases, rebirth). The rules for the host application.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.contract.sparkplug import BD_SEQ, Metric, Payload, signed

_SEQ_MODULUS = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Values of the node (device None) or of one of its devices; a birth tells all there are."""

    device: str | None
    metrics: tuple[Metric, ...]
    """Each with its name, its datatype and a value with its sign."""
    birth: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Died:
    """The device, or with None the node and all its devices, is gone."""

    device: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RebirthNeeded:
    """Messages were missed, or came before their birth; nothing more is believed until the node is born again."""

    why: str


Event = Told | Died | RebirthNeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    device: str | None
    name: str
    datatype: int | None


class SparkplugNode:
    """The state of one edge node as its messages tell it."""

    def __init__(self) -> None:
        self.born = False
        """False: nothing is known, or it cannot be trusted."""
        self._devices: set[str] = set()
        self._next_seq = 0
        self._bd_seq: object = None
        self._by_alias: dict[int, _Known] = {}
        self._by_name: dict[tuple[str | None, str], _Known] = {}

    def is_alive(self, device: str | None) -> bool:
        """True between the birth and the death of the node, or of its device."""
        return self.born and (device is None or device in self._devices)

    def datatype(self, device: str | None, name: str) -> int | None:
        """The datatype that the birth gave a metric."""
        known = self._by_name.get((device, name))
        return known.datatype if known else None

    def forget(self) -> None:
        """Whatever was missed: a birth must come first."""
        self.born = False

    def take(self, kind: str, device: str | None, payload: Payload) -> Event | None:
        """What one message means; None when it changes nothing."""
        match kind:
            case "NBIRTH":
                return self._node_birth(payload)
            case "NDEATH":
                return self._node_death(payload)
            case "DBIRTH" | "DDATA" | "DDEATH" | "NDATA":
                if not self.born:
                    return RebirthNeeded(why=f"{kind} before NBIRTH")
                if payload.seq != self._next_seq:
                    self.forget()
                    return RebirthNeeded(why=f"sequence {payload.seq} instead of {self._next_seq}")
                self._next_seq = (self._next_seq + 1) % _SEQ_MODULUS
                return self._in_sequence(kind, device, payload)
            case _:
                return None

    def _in_sequence(self, kind: str, device: str | None, payload: Payload) -> Event | None:
        if kind == "NDATA":
            return self._data(None, payload)
        if device is None:
            return None
        if kind == "DBIRTH":
            self._devices.add(device)
            return self._birth(device, payload)
        if device not in self._devices:
            self.forget()
            return RebirthNeeded(why=f"{kind} of {device} before its DBIRTH")
        if kind == "DDEATH":
            self._devices.discard(device)
            return Died(device=device)
        return self._data(device, payload)

    def _node_birth(self, payload: Payload) -> Event:
        self.born = True
        self._devices.clear()
        self._by_alias.clear()
        self._by_name.clear()
        self._next_seq = ((payload.seq or 0) + 1) % _SEQ_MODULUS
        self._bd_seq = _bd_seq(payload.metrics)
        return self._birth(None, payload)

    def _node_death(self, payload: Payload) -> Event | None:
        """A death counts only for the birth with the same bdSeq: a will may arrive after the node is back."""
        if self.born and self._bd_seq is not None and _bd_seq(payload.metrics) != self._bd_seq:
            return None
        self.born = False
        self._devices.clear()
        return Died(device=None)

    def _birth(self, device: str | None, payload: Payload) -> Told:
        for metric in payload.metrics:
            if metric.name is None:
                continue
            known = _Known(device=device, name=metric.name, datatype=metric.datatype)
            self._by_name[device, metric.name] = known
            if metric.alias is not None:
                self._by_alias[metric.alias] = known
        named = tuple(_typed(m, m.datatype, payload) for m in payload.metrics if m.name is not None)
        return Told(device=device, metrics=named, birth=True)

    def _data(self, device: str | None, payload: Payload) -> Event:
        found: list[Metric] = []
        for metric in payload.metrics:
            known = (
                self._by_name.get((device, metric.name))
                if metric.name
                else self._by_alias.get(-1 if metric.alias is None else metric.alias)
            )
            if known is None or known.device != device:
                self.forget()
                what = metric.name or f"alias {metric.alias}"
                return RebirthNeeded(why=f"{what} was not in the birth")
            named = replace(metric, name=known.name)
            found.append(_typed(named, metric.datatype or known.datatype, payload))
        return Told(device=device, metrics=tuple(found), birth=False)


def _typed(metric: Metric, datatype: int | None, payload: Payload) -> Metric:
    """With its datatype, the sign of its value, and a time: its own or the message's."""
    at = payload.timestamp_ms if metric.timestamp_ms is None else metric.timestamp_ms
    value = signed(metric.value, datatype)
    return replace(metric, datatype=datatype, value=value, timestamp_ms=at)


def _bd_seq(metrics: Sequence[Metric]) -> object:
    return next((metric.value for metric in metrics if metric.name == BD_SEQ), None)
