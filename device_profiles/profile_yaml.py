"""Reads one profile file into a Profile; cross references are checked when all signals are known."""

from collections.abc import Mapping
from decimal import Decimal

from device_profiles.address_yaml import WIDTH_BITS, read_address, read_dialect, read_namespaces
from device_profiles.profile import (
    LISTENED_TO,
    MODBUS,
    Counter,
    CounterKind,
    DataType,
    Profile,
    Protocol,
    Role,
    Signal,
    Source,
    Weighing,
    WordOrder,
)
from device_profiles.strict_yaml import Section, nearest
from gateway.contract.state import PACKML_STATES, EquipmentState

SCHEMA = "lineside.profile/1"
_FLOATS = (DataType.F32, DataType.F64, DataType.STRING)


def read_profile(top: Section) -> Profile:
    """Read the whole file; faults are noted on its sheet."""
    if (schema := top.text("schema")) != SCHEMA:
        top.fault("schema", f"schema is {schema!r}", f"write `schema: {SCHEMA}`")
    protocol = top.one_of("protocol", Protocol)
    namespaces = read_namespaces(top, protocol)
    source = top.section("source", required=True)
    gap_max, block_max = _modbus_limits(top, protocol)
    listed = top.section("signals", required=True)
    sections = {name: listed.section(name) for name in listed.every_key()}
    signals = {name: _signal(name, part, protocol, namespaces) for name, part in sections.items()}
    if not signals:
        top.fault("signals", "the profile has no signals", "list at least one")
    _check_references(signals, sections)
    allowed, download = _setpoints(top, signals)
    profile = Profile(
        id=top.text("id"),
        name=top.names(),
        protocol=protocol,
        source=Source(document=source.text("document"), verified=source.text("verified")),
        signals=signals,
        poll_ms=top.integer(
            "poll_ms", 1000 if protocol in LISTENED_TO else None, low=10, high=3_600_000
        ),
        lost_after_s=top.number("lost_after_s", low=0.1, high=86_400),
        scale_dialect=read_dialect(top, protocol),
        modbus_gap_max=gap_max,
        modbus_block_max=block_max,
        setpoints_allowed=allowed,
        download=download,
    )
    source.finish()
    top.finish()
    return profile


def _modbus_limits(top: Section, protocol: Protocol) -> tuple[int, int]:
    if protocol not in MODBUS:
        return 8, 125
    limits = top.section("modbus")
    result = (
        limits.integer("gap_max", 8, low=0, high=124),
        limits.integer("block_max", 125, low=1, high=125),
    )
    limits.finish()
    return result


def _signal(name: str, part: Section, protocol: Protocol, namespaces: Mapping[str, str]) -> Signal:
    role = part.one_of("role", Role) if "role" in part else None
    data_type = part.one_of("type", DataType, instead=DataType.I64)
    signal = Signal(
        name=name,
        role=role,
        address=read_address(part, protocol, namespaces, data_type),
        data_type=data_type,
        word_order=part.one_of("word_order", WordOrder, WordOrder.ABCD),
        scale=part.decimal("scale", Decimal(1)),
        offset=part.decimal("offset", Decimal(0)),
        unit=part.text("unit", ""),
        counter=_counter(part.section("counter"), data_type) if "counter" in part else None,
        weighing=_weighing(part.section("weighing")) if "weighing" in part else None,
        states=_states(part) if "states" in part else None,
        state_names=_state_names(part),
        debounce_ms=part.integer("debounce_ms", 0, high=600_000),
        deadband=part.number("deadband", 0.0),
    )
    _check_role(signal, part)
    part.finish()
    return signal


def _counter(part: Section, data_type: DataType) -> Counter:
    kind = part.one_of("kind", CounterKind)
    modulus = part.optional_integer("modulus", low=2)
    if data_type in _FLOATS:
        part.fault(
            "kind", f"a counter of type {data_type}", "count in whole numbers; use scale for units"
        )
    elif modulus is not None and modulus > 1 << WIDTH_BITS[data_type]:
        part.fault(
            "modulus",
            f"modulus {modulus} does not fit {data_type}",
            f"at most {1 << WIDTH_BITS[data_type]}",
        )
    if kind is not CounterKind.CUMULATIVE and modulus is not None:
        part.fault("modulus", f"a {kind} counter does not wrap", "remove modulus")
    counter = Counter(
        kind=kind,
        modulus=modulus,
        rate_max_per_s=part.number("rate_max_per_s", low=1e-6),
        burst=part.integer("burst", 0),
        jitter=part.integer("jitter", 0),
        overflow=part.optional_text("overflow"),
    )
    part.finish()
    return counter


def _weighing(part: Section) -> Weighing:
    mode = part.text("mode")
    if mode and mode not in ("capture", "loss_in_weight"):
        part.fault("mode", f"mode is {mode!r}", "write capture or loss_in_weight")
    weighing = Weighing(
        mode=mode,
        division=part.decimal("division"),
        settle_ms=part.integer("settle_ms", 500, high=60_000),
        samples_min=part.integer("samples_min", 3, low=1, high=1000),
        total=part.optional_text("total"),
        moving=part.optional_text("moving"),
        faults=tuple(name for name, _ in part.texts("faults")),
        tare=part.optional_text("tare"),
    )
    if weighing.division <= 0:
        part.fault(
            "division", f"division is {weighing.division}", "write the scale division, above 0"
        )
    if weighing.mode == "capture" and weighing.total is not None:
        part.fault(
            "total",
            "a scale in capture mode has no dosed total",
            "remove total, or write mode: loss_in_weight",
        )
    part.finish()
    return weighing


def _states(part: Section) -> Mapping[str, EquipmentState]:
    if part.is_scalar("states"):
        if (word := part.text("states")) != "packml":
            part.fault("states", f"states is {word!r}", "write packml, or {raw value: state}")
        return {str(number): state for number, (_, state) in PACKML_STATES.items()}
    listed = part.section("states")
    return {raw: listed.one_of(raw, EquipmentState) for raw in listed.every_key()}


def _state_names(part: Section) -> Mapping[str, str]:
    if not part.is_scalar("states"):
        return {}
    return {str(number): name for number, (name, _) in PACKML_STATES.items()}


def _check_role(signal: Signal, part: Section) -> None:
    missing: str | None = None
    match signal.role:
        case Role.GOOD | Role.SCRAP | Role.PRODUCED:
            missing = "counter" if signal.counter is None else None
        case Role.STATE:
            missing = "states" if signal.states is None else None
        case Role.CONSUMED:
            missing = "weighing" if signal.weighing is None else None
        case Role.PROCESS_VALUE | Role.SETPOINT | None:
            pass
    if missing:
        part.fault(
            "role", f"{signal.name} has role {signal.role} but no {missing}", f"add `{missing}:`"
        )
    if signal.weighing is not None and signal.role is not Role.CONSUMED:
        part.fault(
            "weighing",
            f"{signal.name} weighs but has role {signal.role or 'none'}",
            "write `role: consumed`",
        )
    if signal.data_type is DataType.STRING and signal.role is Role.PROCESS_VALUE:
        part.fault("type", "a process value is a number", "choose a numeric type")


def _check_references(signals: Mapping[str, Signal], sections: Mapping[str, Section]) -> None:
    """Names of other signals must exist: the status bits of a scale, its total, a counter's overflow flag."""
    for name, signal in signals.items():
        part = sections[name]
        if (counter := signal.counter) and counter.overflow:
            _known(part.section("counter"), "overflow", counter.overflow, signals)
        if (weighing := signal.weighing) is None:
            continue
        below = part.section("weighing")
        for key in ("total", "moving", "tare"):
            if target := getattr(weighing, key):
                _known(below, key, target, signals)
        for fault_name, _ in below.texts("faults"):
            _known(below, "faults", fault_name, signals)
        total = signals.get(weighing.total or "")
        if total is not None and (
            total.counter is None or total.counter.kind is not CounterKind.CUMULATIVE
        ):
            below.fault(
                "total",
                f"{total.name} is not a cumulative counter",
                "give that signal `counter: {kind: cumulative, …}`",
            )


def _known(part: Section, key: str, target: str, signals: Mapping[str, Signal]) -> None:
    if target not in signals:
        part.fault(
            key,
            f"{key} names no signal of this profile: {target!r}",
            f"name one that exists{nearest(target, [*signals])}",
        )


def _setpoints(
    top: Section, signals: Mapping[str, Signal]
) -> tuple[tuple[EquipmentState, ...], Mapping[str, str]]:
    if "setpoints" not in top:
        return (), {}
    part = top.section("setpoints")
    allowed: list[EquipmentState] = []
    for word, line in part.texts("allowed_in"):
        if word in set(EquipmentState):
            allowed.append(EquipmentState(word))
        else:
            top.sheet.fault(
                line, f"{word!r} is not a state", f"write one of {', '.join(EquipmentState)}"
            )
    listed = part.section("download", required=True)
    download = {field: listed.text(field) for field in listed.every_key()}
    for field, target in download.items():
        signal = signals.get(target)
        if signal is None:
            _known(listed, field, target, signals)
        elif signal.role is not Role.SETPOINT:
            listed.fault(field, f"{target} is not a set-point", "give that signal `role: setpoint`")
    part.finish()
    return tuple(allowed), download
