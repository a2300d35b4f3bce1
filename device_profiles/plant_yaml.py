"""Reads one plant file into a Plant: equipment below the site, and the devices that serve it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from device_profiles.endpoint import endpoint_fault, serial_settings, shown
from device_profiles.placement import placed
from device_profiles.plant import Device, Equipment, Plant, SignalBinding
from device_profiles.profile import Profile, Role
from device_profiles.strict_yaml import Section, nearest
from gateway.contract.equipment import EquipmentPath, parent, parse_path

SCHEMA = "lineside.plant/1"

FindProfile = Callable[[str, Section], Profile | None]
"""Returns the profile with that id, or notes at key `profile` why there is none."""


def read_plant(top: Section, find_profile: FindProfile) -> Plant:
    """Read the whole file; faults are noted on its sheet."""
    top.word("schema", [SCHEMA], f"write `schema: {SCHEMA}`")
    site = _path(top, "site", top.text("site"))
    name = top.names()
    equipment = {site: Equipment(path=site, name=name), **_equipment(top, site)}
    devices = _devices(top, site, equipment, find_profile)
    plant = Plant(
        site=site, name=name, time_zone=_time_zone(top), equipment=equipment, devices=devices
    )
    top.finish()
    return plant


def _time_zone(top: Section) -> str:
    zone = top.text("time_zone")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        top.fault("time_zone", f"time_zone is {zone!r}", "write an IANA name such as Europe/Berlin")
    return zone


def _path(part: Section, key: str, text: str) -> EquipmentPath:
    try:
        return parse_path(text)
    except ValueError as error:
        if text:
            part.fault(
                key,
                str(error).split(";")[0],
                "use letters, digits, '-', '_' or '.', at most four levels",
            )
        return EquipmentPath(text)


def _equipment(top: Section, site: EquipmentPath) -> Mapping[EquipmentPath, Equipment]:
    found: dict[EquipmentPath, Equipment] = {}
    for part in top.sections("equipment"):
        path = _path(part, "path", f"{site}/{part.text('path')}")
        above = parent(path)
        if path in found:
            part.fault("path", f"{path} is listed twice", "keep one")
        elif above is not None and above != site and above not in found:
            part.fault(
                "path",
                f"{above} is not listed above {path}",
                "list the area and the line before the unit",
            )
        found[path] = Equipment(
            path=path,
            name=part.names(),
            line_side=part.optional_text("line_side"),
            output=part.optional_text("output"),
            ideal_cycle_s=part.optional_decimal("ideal_cycle_s"),
        )
        part.finish()
    return found


def _devices(
    top: Section, site: str, equipment: Mapping[EquipmentPath, Equipment], find_profile: FindProfile
) -> Mapping[str, Device]:
    found: dict[str, Device] = {}
    taken: dict[tuple[str, str], str] = {}
    lines: dict[tuple[str, str], str] = {}
    for part in top.sections("devices"):
        device = _device(part, site, equipment, find_profile)
        if device is None:
            continue
        if device.id in found:
            part.fault("id", f"device {device.id!r} is listed twice", "give each device its own id")
        port, settings = serial_settings(device.endpoint)
        agreed = lines.setdefault((device.agent, port), settings)
        if agreed != settings:
            part.fault(
                "endpoint",
                f"{device.id} sets {port} to {settings}, another device on it to {agreed}",
                "write the same baud, bits, parity and stop for all devices on one port",
            )
        found[device.id] = device
        for binding in device.bindings:
            other = taken.setdefault((device.equipment, binding.name), device.id)
            if other != device.id:
                part.fault(
                    "id",
                    f"{device.equipment} has a signal {binding.name!r} from {other} already",
                    f"rename it: `signals: {{{binding.signal}: {{name: …}}}}`",
                )
    return found


def _device(
    part: Section,
    site: str,
    equipment: Mapping[EquipmentPath, Equipment],
    find_profile: FindProfile,
) -> Device | None:
    device_id, agent = part.text("id"), part.text("agent")
    endpoint = part.text("endpoint")
    path = EquipmentPath(f"{site}/{part.text('equipment')}")
    if path not in equipment:
        part.fault(
            "equipment",
            f"{path} is not equipment of this plant",
            f"list it{nearest(path, [*equipment])}",
        )
    for key, word in (("id", device_id), ("agent", agent)):
        if word and not word.replace("-", "").replace("_", "").replace(".", "").isalnum():
            part.fault(key, f"{key} is {word!r}", "use letters, digits, '-', '_' or '.'")
    profile_id = part.text("profile")
    profile = find_profile(profile_id, part) if profile_id else None
    listed = part.section("signals")
    if profile is None:
        part.every_key()
        return None
    if endpoint and (wrong := endpoint_fault(endpoint, profile.protocol)):
        part.fault(
            "endpoint", f"endpoint {shown(endpoint)!r} does not suit {profile.protocol}", wrong
        )
    profile = _adapted(placed(profile, _parameters(part, profile)), listed)
    device = Device(
        id=device_id,
        profile=profile,
        endpoint=endpoint,
        agent=agent,
        equipment=path,
        bindings=_bindings(listed, profile),
    )
    part.finish()
    return device


def _parameters(part: Section, profile: Profile) -> Mapping[str, str]:
    """What the plant file puts into the open words of the profile's addresses."""
    listed = part.section("parameters")
    given = {word: listed.text(word) for word in profile.parameters if word in listed}
    listed.finish()
    return given


def _adapted(profile: Profile, listed: Section) -> Profile:
    """The profile with the scales and divisions of this plant's devices, where the plant file names them."""
    signals = dict(profile.signals)
    for name, signal in profile.signals.items():
        if name not in listed:
            continue
        part = listed.section(name)
        scale, division = part.optional_decimal("scale"), part.optional_decimal("division")
        weighing = signal.weighing
        if division is not None and (weighing is None or division <= 0):
            part.fault("division", f"{name} cannot have the division {division}", "name a scale's")
        elif division is not None and weighing is not None:
            weighing = replace(weighing, division=division)
        signals[name] = replace(signal, weighing=weighing, scale=scale or signal.scale)
    return replace(profile, signals=signals)


def _bindings(listed: Section, profile: Profile) -> tuple[SignalBinding, ...]:
    """Every signal with a role, except set-points, under its own name unless the plant renames it."""
    bindings: list[SignalBinding] = []
    for name, signal in profile.signals.items():
        if signal.role is None or signal.role is Role.SETPOINT:
            continue
        part = listed.section(name) if name in listed else None
        item = part.optional_text("item") if part else None
        if signal.role is Role.CONSUMED and item is None:
            line = part or listed
            line.sheet.fault(
                line.line,
                f"{name} weighs material, but no item is named",
                f"write `signals: {{{name}: {{item: …}}}}`",
            )
        bindings.append(
            SignalBinding(
                signal=name,
                name=part.text("name", name) if part else name,
                role=signal.role,
                item=item,
                ideal_cycle_s=part.optional_decimal("ideal_cycle_s") if part else None,
            )
        )
        if part:
            _ = "scale" in part, "division" in part
            part.finish()
    listed.finish()
    return tuple(bindings)
