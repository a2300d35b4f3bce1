"""`lineside-edge probe`: reads a device once over its real protocol and shows raw, value, quality and age side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from device_profiles.broker import Broker, device_broker
from device_profiles.link_words import plain_fault
from device_profiles.plant import Device
from device_profiles.profile import (
    DataType,
    ModbusAddress,
    ModbusTable,
    Profile,
    Protocol,
    Signal,
    WordOrder,
)
from device_profiles.program import Clock
from device_profiles.reach import reach
from edge.bench.one_look import Look, look
from edge.bench.word_orders import order_hint
from edge.decoding import RawValue, Undecodable, scaled, words
from edge.driver import Reading
from edge.drivers import driver_for
from edge.opcua_security import NO_SECURITY, OpcUaSecurity
from edge.reading_rules import ReadingRules

WORD = "@{name}+{index}"
"""Name of a helper signal: one register of a signal, read in the same request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One signal as the probe shows it."""

    signal: str
    raw: str
    decoded: str
    value: str
    unit: str
    quality: str
    age: str
    hint: str = ""


async def probe(
    device: Device,
    *,
    clock: Clock,
    broker: Broker,
    within_s: float,
    security: OpcUaSecurity = NO_SECURITY,
) -> list[Row]:
    """Read once; raises ConnectionError with the reason when the device was not heard at all."""
    profile = with_words(device.profile)
    watched = replace(device, profile=profile)
    await _broker_is_there(device, broker, within_s)
    driver = driver_for(watched, clock=clock, broker=broker, security=security)
    found = await look(driver, profile.signals, within_s=within_s)
    if not found.readings:
        raise ConnectionError(found.fault or f"nothing was heard within {within_s:g} s")
    return rows(device.profile, found, clock.now())


async def _broker_is_there(device: Device, broker: Broker, within_s: float) -> None:
    """A device behind a broker is silent when the broker is away; at the bench it should be said why."""
    if device.profile.protocol not in (Protocol.MQTT, Protocol.SPARKPLUG):
        return
    there = device_broker(device.endpoint, broker)
    try:
        await reach(there.host, there.port, there.context(), within_s=within_s)
    except OSError as error:
        where = f"broker {there.host}:{there.port}"
        raise ConnectionError(f"{where} is not reached: {plain_fault(error)}") from error


def with_words(profile: Profile) -> Profile:
    """The profile with a helper signal for each register, so that raw words and values come from one request."""
    helpers: dict[str, Signal] = {}
    for signal in profile.signals.values():
        address = signal.address
        if not isinstance(address, ModbusAddress) or not _in_registers(address):
            continue
        for index in range(words(signal)):
            name = WORD.format(name=signal.name, index=index)
            helpers[name] = Signal(
                name=name,
                role=None,
                address=ModbusAddress(table=address.table, address=address.address + index),
                data_type=DataType.U16,
                word_order=WordOrder.ABCD,
                sample_ms=signal.sample_ms,
            )
    return replace(profile, signals={**profile.signals, **helpers})


def rows(profile: Profile, found: Look, now: datetime) -> list[Row]:
    """What was heard, judged as the agent would judge it."""
    heard = [found.readings[name] for name in profile.signals if name in found.readings]
    judged = {reading.signal: reading for reading in ReadingRules(profile).apply(heard)}
    said = {reading.signal: reading.value for reading in heard if reading.value is not None}
    return [
        _row(signal, judged.get(name), said, _words(signal, found), _age(found, name, now))
        for name, signal in profile.signals.items()
    ]


def _row(
    signal: Signal,
    reading: Reading | None,
    said: Mapping[str, RawValue],
    registers: Sequence[int],
    age: str,
) -> Row:
    hint = order_hint(signal, registers)
    decoded = said.get(signal.name)
    raw = " ".join(f"{word:04X}" for word in registers)
    return Row(
        signal=signal.name,
        raw=raw or ("–" if decoded is None else repr(decoded)),
        decoded="–" if decoded is None else str(decoded),
        value=_value(signal, reading, said),
        unit=signal.unit,
        quality=_quality(reading),
        age=age,
        hint=f"word_order: {hint.order} would read {hint.value:f}" if hint else "",
    )


def _value(signal: Signal, reading: Reading | None, said: Mapping[str, RawValue]) -> str:
    if reading is None or reading.value is None:
        return "–"
    if signal.states is not None:
        word = str(int(reading.value)) if isinstance(reading.value, int) else str(reading.value)
        return signal.states.get(word, "unknown")
    if isinstance(reading.value, str | bool):
        return str(reading.value).lower() if isinstance(reading.value, bool) else reading.value
    try:
        return f"{scaled(signal, reading.value, said):f}"
    except Undecodable:
        return "–"


def _quality(reading: Reading | None) -> str:
    if reading is None:
        return "not heard"
    if reading.value is None:
        return f"bad: {reading.why}" if reading.why else "bad"
    return "good"


def _words(signal: Signal, found: Look) -> list[int]:
    """The signal's registers as they came."""
    listed: list[int] = []
    while (name := WORD.format(name=signal.name, index=len(listed))) in found.readings:
        word = found.readings[name].value
        if not isinstance(word, int):
            return []
        listed.append(int(word))
    return listed


def _age(found: Look, name: str, now: datetime) -> str:
    if name not in found.readings:
        return "–"
    source = found.readings[name].source_time
    age_s = (now - (source or found.arrived[name])).total_seconds()
    return f"{age_s:.1f} s" + (" (device time)" if source else "")


def _in_registers(address: ModbusAddress) -> bool:
    return address.table in (ModbusTable.HOLDING, ModbusTable.INPUT)


def table(listed: Sequence[Row]) -> str:
    """The rows as aligned text, hints below."""
    head = Row(
        signal="signal",
        raw="raw",
        decoded="decoded",
        value="value",
        unit="unit",
        quality="quality",
        age="age",
    )
    cells = [
        (row.signal, row.raw, row.decoded, row.value, row.unit, row.quality, row.age)
        for row in (head, *listed)
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(7)]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in cells
    ]
    hints = [f"hint: {row.signal} looks implausible; {row.hint}" for row in listed if row.hint]
    return "\n".join(line.rstrip() for line in [*lines, *hints])
