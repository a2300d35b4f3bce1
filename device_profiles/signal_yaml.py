"""Reads one signal of a profile: what it means, how it counts or weighs, and when it is bad."""

from collections.abc import Mapping
from decimal import Decimal

from device_profiles.address_yaml import WIDTH_BITS, read_address
from device_profiles.profile import (
    LISTENED_TO,
    Counter,
    CounterKind,
    DataType,
    Decimals,
    Protocol,
    QualityRules,
    Role,
    Signal,
    Weighing,
    WordOrder,
)
from device_profiles.strict_yaml import Section
from gateway.contract.state import PACKML_STATES, EquipmentState

_FLOATS = (DataType.F32, DataType.F64, DataType.STRING)
PLACES_MAX = 9
"""Decimal places a device may name."""


def read_signal(
    name: str, part: Section, protocol: Protocol, namespaces: Mapping[str, str]
) -> Signal:
    """Read one signal; names of other signals are checked by `references.check_references`."""
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
        counter=_counter(part, data_type, protocol) if "counter" in part else None,
        weighing=_weighing(part, protocol) if "weighing" in part else None,
        states=_states(part) if "states" in part else None,
        state_names=_state_names(part),
        debounce_ms=part.integer("debounce_ms", 0, high=600_000),
        deadband=part.number("deadband", 0.0),
        sign=part.optional_text("sign"),
        decimals=_decimals(part.section("decimals")) if "decimals" in part else None,
        quality=_quality(part.section("quality")) if "quality" in part else None,
        sample_ms=part.optional_integer("sample_ms", low=10, high=86_400_000),
    )
    _check_role(signal, part)
    _check_numbers(signal, part)
    if signal.sample_ms is not None and protocol in LISTENED_TO:
        part.fault("sample_ms", f"a device on {protocol} is not sampled", "remove sample_ms")
    part.finish()
    return signal


def _counter(signal: Section, data_type: DataType, protocol: Protocol) -> Counter:
    part = signal.section("counter")
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
    if kind is CounterKind.PER_CYCLE and not (
        protocol in LISTENED_TO or protocol is Protocol.OPCUA
    ):
        part.fault(
            "kind",
            "a value that is polled cannot say how many pieces each cycle made",
            "use a cumulative counter of the device",
        )
    lowest = part.integer("lowest", 0, low=-(2**63), high=0)
    if lowest and modulus is None:
        part.fault("lowest", "lowest without a modulus", "add modulus: highest - lowest + 1")
    counter = Counter(
        kind=kind,
        modulus=modulus,
        rate_max_per_s=part.number("rate_max_per_s", low=1e-6),
        burst=part.integer("burst", 0),
        jitter=part.integer("jitter", 0),
        overflow=part.optional_text("overflow"),
        lowest=lowest,
    )
    part.finish()
    return counter


def _weighing(signal: Section, protocol: Protocol) -> Weighing:
    part = signal.section("weighing")
    modes = ["capture", "loss_in_weight", "registered"]
    mode = part.word("mode", modes, "write capture, loss_in_weight or registered")
    weighing = Weighing(
        mode=mode,
        division=part.decimal("division"),
        settle_ms=part.integer("settle_ms", 500, high=60_000),
        samples_min=part.integer("samples_min", 3, low=1, high=1000),
        total=part.optional_text("total"),
        moving=part.optional_text("moving"),
        stable=part.optional_text("stable"),
        faults=tuple(name for name, _ in part.texts("faults")),
        tare=part.optional_text("tare"),
    )
    if mode == "registered" and protocol not in (Protocol.OPCUA, Protocol.MQTT, Protocol.SPARKPLUG):
        part.fault("mode", f"{protocol} tells no time of a registration", "write mode: capture")
    if weighing.division <= 0:
        part.fault(
            "division", f"division is {weighing.division}", "write the scale division, above 0"
        )
    if weighing.mode != "loss_in_weight" and weighing.total is not None:
        part.fault(
            "total",
            f"a scale in {weighing.mode} mode has no dosed total",
            "remove total, or write mode: loss_in_weight",
        )
    part.finish()
    return weighing


def _decimals(part: Section) -> Decimals:
    listed = part.section("places")
    places = {raw: listed.integer(raw, high=PLACES_MAX) for raw in listed.every_key()}
    decimals = Decimals(signal=part.text("signal"), places=places)
    part.finish()
    return decimals


def _quality(part: Section) -> QualityRules:
    required = part.section("require")
    rules = QualityRules(
        low=part.optional_decimal("low"),
        high=part.optional_decimal("high"),
        bad_values=tuple(value for value, _ in part.texts("bad_values")),
        require={name: required.text(name) for name in required.every_key()},
    )
    if rules.low is not None and rules.high is not None and rules.low > rules.high:
        part.fault("high", f"high {rules.high} is below low {rules.low}", "swap them")
    part.finish()
    return rules


def _states(part: Section) -> Mapping[str, EquipmentState]:
    if part.is_scalar("states"):
        part.word("states", ["packml"], "write packml, or {raw value: state}")
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


def _check_numbers(signal: Signal, part: Section) -> None:
    """Sign bits and decimal places belong to numbers; a counter counts whole pieces."""
    for key, given in (("sign", signal.sign), ("decimals", signal.decimals)):
        if given is None:
            continue
        if signal.data_type in (DataType.BOOL, DataType.STRING):
            part.fault(key, f"{signal.data_type} has no {key}", "choose a numeric type")
        elif key == "decimals" and signal.counter is not None:
            part.fault(key, "a counter counts in whole numbers", "remove decimals; use scale")
        elif signal.role is Role.SETPOINT:
            part.fault(key, "a set-point is written as it is", f"remove {key}; use scale")
    ranged = signal.quality and (signal.quality.low, signal.quality.high) != (None, None)
    if ranged and signal.data_type is DataType.STRING:
        part.fault("quality", "text has no valid range", "use bad_values or require")
