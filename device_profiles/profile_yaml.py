"""Reads one profile file into a Profile; references between signals are checked when all are known."""

from collections.abc import Mapping

from device_profiles.address_yaml import read_dialect, read_namespaces
from device_profiles.placement import open_words
from device_profiles.profile import (
    LISTENED_TO,
    MODBUS,
    Alive,
    Profile,
    Protocol,
    Role,
    Signal,
    Source,
)
from device_profiles.references import check_references, known
from device_profiles.signal_yaml import read_signal
from device_profiles.strict_yaml import Section, nearest
from gateway.contract.state import EquipmentState

SCHEMA = "lineside.profile/1"


def read_profile(top: Section) -> Profile:
    """Read the whole file; faults are noted on its sheet."""
    top.word("schema", [SCHEMA], f"write `schema: {SCHEMA}`")
    protocol = top.one_of("protocol", Protocol)
    namespaces = read_namespaces(top, protocol)
    source = top.section("source", required=True)
    gap_max, block_max = _modbus_limits(top, protocol)
    listed = top.section("signals", required=True)
    sections = {name: listed.section(name) for name in listed.every_key()}
    signals = {
        name: read_signal(name, part, protocol, namespaces) for name, part in sections.items()
    }
    if not signals:
        top.fault("signals", "the profile has no signals", "list at least one")
    check_references(signals, sections)
    allowed, download = _setpoints(top, signals)
    parameters = _parameters(top, signals, sections)
    profile = Profile(
        id=top.text("id"),
        name=top.names(),
        protocol=protocol,
        source=Source(
            document=source.text("document"),
            verified=source.text("verified"),
            url=source.optional_text("url"),
        ),
        signals=signals,
        poll_ms=top.integer(
            "poll_ms", 1000 if protocol in LISTENED_TO else None, low=10, high=3_600_000
        ),
        lost_after_s=top.number("lost_after_s", low=0.1, high=86_400),
        scale_dialect=read_dialect(top, protocol),
        mqtt_partial=_partial(top, protocol),
        alive=_alive(top.section("alive"), signals) if "alive" in top else None,
        parameters=parameters,
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


def _partial(top: Section, protocol: Protocol) -> bool:
    if protocol is not Protocol.MQTT:
        return False
    mqtt = top.section("mqtt")
    partial = mqtt.flag("partial")
    mqtt.finish()
    return partial


def _alive(part: Section, signals: Mapping[str, Signal]) -> Alive:
    alive = Alive(signal=part.text("signal"), says=part.text("says"))
    known(part, "signal", alive.signal, signals)
    part.finish()
    return alive


def _parameters(
    top: Section, signals: Mapping[str, Signal], sections: Mapping[str, Section]
) -> Mapping[str, str]:
    """Words that addresses leave open, with their defaults; all are declared, and all are used."""
    listed = top.section("parameters")
    parameters = {word: listed.text(word) for word in listed.every_key()}
    used = {name: open_words(signal.address) for name, signal in signals.items()}
    for name, words in used.items():
        for word in words - parameters.keys():
            hint = nearest(word, [*parameters])
            sections[name].sheet.fault(
                sections[name].line,
                f"the address of {name} leaves {{{word}}} open",
                f"declare it: `parameters: {{{word}: …}}`{hint}",
            )
    for word in parameters.keys() - frozenset[str]().union(*used.values()):
        listed.fault(word, f"no address has {{{word}}}", "remove it, or use it")
    return parameters


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
            known(listed, field, target, signals)
        elif signal.role is not Role.SETPOINT:
            listed.fault(field, f"{target} is not a set-point", "give that signal `role: setpoint`")
    part.finish()
    return tuple(allowed), download
