"""A unit as a Sparkplug device: the same few metrics for every unit, and its weighings and process values. Pure.

What is not known is null and stale: a machine that is lost, an order while the server is silent, a signal never heard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from device_profiles.profile import Role
from gateway.admission import SignalRule
from gateway.contract.sparkplug import DataType
from gateway.contract.state import PACKML_STATES, EquipmentState
from gateway.live_view import Key, LiveValue, LiveView
from gateway.sparkplug_session import Shown

LEVEL_SIGN = ":"
"""Between the levels of a unit's path in its device id: no path has it, and Sparkplug and Ignition take it."""
SIGNALS_MAX = 100
"""Weighings and process values told of one unit; a birth must fit into one message."""

_PACKML_NUMBERS = {name: number for number, (name, _) in PACKML_STATES.items()}
_PACKML_OF = {
    EquipmentState.RUNNING: 6,
    EquipmentState.SLOW: 6,
    EquipmentState.SETUP: 15,
    EquipmentState.IDLE: 4,
    EquipmentState.STARVED: 5,
    EquipmentState.BLOCKED: 5,
    EquipmentState.QUALITY_HOLD: 11,
    EquipmentState.DOWN: 9,
    EquipmentState.PLANNED_STOP: 2,
}
"""The number that comes nearest for a machine that does not speak PackML: blocked is Suspended, down is Aborted."""
_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
_MILLISECOND = timedelta(milliseconds=1)

_Signals = Mapping[Role, Sequence[tuple[Key, SignalRule]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The plant's units as devices of the gateway's node."""

    view: LiveView
    _signals: Mapping[str, _Signals]

    @classmethod
    def of(cls, view: LiveView) -> "Units":
        """All units that have signals."""
        signals: dict[str, dict[Role, list[tuple[Key, SignalRule]]]] = {}
        for key, rule in sorted(view.rules.signals.items(), key=lambda item: item[0]):
            signals.setdefault(key[0], {}).setdefault(rule.role, []).append((key, rule))
        return cls(view=view, _signals=signals)

    @property
    def paths(self) -> tuple[str, ...]:
        """Their equipment paths."""
        return tuple(self._signals)

    def is_heard(self, unit: str) -> bool:
        """Whether an agent that reads the unit is there; without one its device is dead."""
        found = self._signals[unit].values()
        return any(self.view.is_heard(rule.agent) for some in found for _, rule in some)

    def metrics(self, unit: str) -> list[Shown]:
        """All metrics of a unit as they stand, always the same names in the same order."""
        signals = self._signals[unit]
        produced = signals.get(Role.PRODUCED, ())
        good = signals.get(Role.GOOD, ())
        scrap = self._count("Scrap", signals.get(Role.SCRAP, ()))
        counted = self._count("Good", good or produced)
        if not good and produced and signals.get(Role.SCRAP):
            counted = _less(counted, scrap)
        return [
            *self._state(signals.get(Role.STATE, ())),
            _text("Order", self.view.order(unit)),
            counted,
            scrap,
            self._rate(good or produced),
            self._last_fact(unit),
            *self._others(signals),
        ]

    def _state(self, found: Sequence[tuple[Key, SignalRule]]) -> list[Shown]:
        """The state in the plant's word, as a PackML number, and in the machine's own word."""
        key = found[0][0] if found else None
        told = self.view.value(key) if key else _UNKNOWN
        state = EquipmentState(told.value) if isinstance(told.value, str) else None
        detail = self.view.detail(key) if key else ""
        if state is EquipmentState.UNKNOWN:
            state, told = None, _UNKNOWN
        number = None
        if state is not None:
            number = _PACKML_NUMBERS.get(detail, _PACKML_OF.get(state))
        at_ms, unsure = _ms(told.at), told.quality == "uncertain"
        word = None if state is None else state.value
        own = None if state is None else detail
        return [
            Shown(
                name="State", datatype=DataType.STRING, value=word, at_ms=at_ms, uncertain=unsure
            ),
            Shown(
                name="State/PackML",
                datatype=DataType.INT32,
                value=number,
                at_ms=at_ms,
                uncertain=unsure,
            ),
            Shown(
                name="State/Machine",
                datatype=DataType.STRING,
                value=own,
                at_ms=at_ms,
                uncertain=unsure,
            ),
        ]

    def _count(self, name: str, found: Sequence[tuple[Key, SignalRule]]) -> Shown:
        """Pieces since commissioning, the sum of its counters; null when one of them is not known."""
        values = [self.view.value(key) for key, _ in found]
        return _summed(name, DataType.INT64, values, "pcs")

    def _rate(self, found: Sequence[tuple[Key, SignalRule]]) -> Shown:
        values = [self.view.rate(key) for key, _ in found]
        return _summed("Rate", DataType.DOUBLE, values, "pcs/min")

    def _last_fact(self, unit: str) -> Shown:
        """Machine time of the last fact heard; known even when the values are not."""
        keys = [key for some in self._signals[unit].values() for key, _ in some]
        at = max((at for key in keys if (at := self.view.value(key).at) is not None), default=None)
        return Shown(name="LastFact", datatype=DataType.DATE_TIME, value=_ms(at), at_ms=_ms(at))

    def _others(self, signals: _Signals) -> list[Shown]:
        found = [
            *(("Consumed", *each) for each in signals.get(Role.CONSUMED, ())),
            *(("Process", *each) for each in signals.get(Role.PROCESS_VALUE, ())),
        ]
        return [
            _summed(f"{kind}/{key[1]}", DataType.DOUBLE, [self.view.value(key)], rule.unit)
            for kind, key, rule in found[:SIGNALS_MAX]
        ]


_UNKNOWN = LiveValue(value=None, unit="", quality="unknown", at=None)


def device_id(unit: str) -> str:
    """`kettle-works/moulding/M1/IMM1` -> `moulding:M1:IMM1`: the group is the site already."""
    return (unit.partition("/")[2] or unit).replace("/", LEVEL_SIGN)


def _summed(name: str, datatype: DataType, values: Sequence[LiveValue], unit: str) -> Shown:
    numbers = [value.value for value in values if isinstance(value.value, int | float)]
    known = bool(values) and len(numbers) == len(values)
    total = sum(numbers) if known else None
    if total is not None and datatype is DataType.INT64:
        total = round(total)
    return Shown(
        name=name,
        datatype=datatype,
        value=total,
        at_ms=_latest(value.at for value in values),
        unit=unit,
        uncertain=known and any(value.quality == "uncertain" for value in values),
    )


def _less(produced: Shown, scrap: Shown) -> Shown:
    """Good pieces of a unit that counts all pieces and those that are scrap."""
    known = isinstance(produced.value, int) and isinstance(scrap.value, int)
    return Shown(
        name=produced.name,
        datatype=produced.datatype,
        value=max(0, int(produced.value or 0) - int(scrap.value or 0)) if known else None,
        at_ms=produced.at_ms,
        unit=produced.unit,
        uncertain=known and (produced.uncertain or scrap.uncertain),
    )


def _text(name: str, told: LiveValue) -> Shown:
    value = told.value if isinstance(told.value, str) else None
    return Shown(name=name, datatype=DataType.STRING, value=value)


def _latest(times: Iterable[datetime | None]) -> int | None:
    return _ms(max((at for at in times if at is not None), default=None))


def _ms(at: datetime | None) -> int | None:
    """Milliseconds since 1970."""
    return None if at is None else (at - _EPOCH) // _MILLISECOND
