"""What a device's other signals say about a reading: its sign, its decimal places, whether it is to be believed. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from device_profiles.profile import Profile, QualityRules, Signal
from edge.decoding import RawValue, Undecodable, scaled, state_key
from edge.driver import Reading


class ReadingRules:
    """The rules of one profile, and what its device last said."""

    def __init__(self, profile: Profile) -> None:
        self._said: dict[str, RawValue] = {}
        self._rules = {
            name: (signal, _depends_on(signal))
            for name, signal in profile.signals.items()
            if signal.sign or signal.decimals or signal.quality
        }
        self._believes_all = not self._rules and profile.alive is None

    def forget(self) -> None:
        """The device is lost: what it said holds no more."""
        self._said.clear()

    def apply(self, readings: Sequence[Reading]) -> Sequence[Reading]:
        """The readings as they are to be believed.

        A signal whose sign, places or condition changed is read anew, although the device did not repeat its value.
        """
        if self._believes_all:
            return readings
        for reading in readings:
            if reading.value is None:
                self._said.pop(reading.signal, None)
            else:
                self._said[reading.signal] = reading.value
        if not self._rules:
            return readings
        heard = {reading.signal for reading in readings}
        again = [
            Reading(signal=name, value=self._said[name])
            for name, (_, others) in self._rules.items()
            if name not in heard and name in self._said and not others.isdisjoint(heard)
        ]
        return [self._judged(reading) for reading in (*readings, *again)]

    def said(self, signal: str) -> RawValue | None:
        """What the device last said of a signal."""
        return self._said.get(signal)

    def _judged(self, reading: Reading) -> Reading:
        if reading.signal not in self._rules or reading.value is None:
            return reading
        signal, _ = self._rules[reading.signal]
        try:
            return msgspec.structs.replace(
                reading, value=believed(signal, reading.value, self._said)
            )
        except Undecodable as error:
            return msgspec.structs.replace(reading, value=None, why=str(error))


def believed(signal: Signal, value: RawValue, said: Mapping[str, RawValue]) -> RawValue:
    """The value with its sign; raises Undecodable with the reason why it is not to be believed."""
    rules = signal.quality
    if rules is not None:
        _check_said(rules, value, said)
    if signal.sign is not None:
        if signal.sign not in said:
            raise Undecodable(f"its sign bit {signal.sign} is not known")
        if said[signal.sign] and not isinstance(value, str):
            value = -value
    if signal.decimals is not None or rules is not None:
        _check_range(signal, rules, value, said)
    return value


def _check_said(rules: QualityRules, value: RawValue, said: Mapping[str, RawValue]) -> None:
    if any(same(value, bad) for bad in rules.bad_values):
        raise Undecodable(f"{value} means that the device has no value")
    for name, wanted in rules.require.items():
        if name not in said:
            raise Undecodable(f"{name} is not known")
        if not same(said[name], wanted):
            raise Undecodable(f"{name} is {state_key(said[name])}, not {wanted}")


def _check_range(
    signal: Signal, rules: QualityRules | None, value: RawValue, said: Mapping[str, RawValue]
) -> None:
    low, high = (rules.low, rules.high) if rules else (None, None)
    if signal.decimals is None and low is None and high is None:
        return
    number = scaled(signal, value, said)
    if (low is not None and number < low) or (high is not None and number > high):
        raise Undecodable(f"{number} {signal.unit} is outside its valid range")


def same(value: RawValue, text: str) -> bool:
    """True when a raw value is what a profile writes as text: 1 and `1`, 1.5 and `1.50`, true and `1`."""
    if state_key(value) == text:
        return True
    if isinstance(value, str):
        return False
    try:
        return Decimal(str(int(value) if isinstance(value, bool) else value)) == Decimal(text)
    except InvalidOperation:
        return False


def _depends_on(signal: Signal) -> frozenset[str]:
    others = {signal.sign, signal.decimals.signal if signal.decimals else None}
    if signal.quality is not None:
        others |= {*signal.quality.require}
    return frozenset(name for name in others if name)
