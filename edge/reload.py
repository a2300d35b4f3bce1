"""New settings for a running agent: which devices they touch, and what they cannot change without a restart. Pure."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from device_profiles.plant import Device

_ONE_WIRE = frozenset({"modbus-rtu", "modbus-rtu-tcp", "sparkplug"})
"""Schemes of endpoints whose devices share one connection of the agent: who changes one of them begins anew with all.
Any Modbus profile goes with any Modbus wire, so the endpoint tells, and not the profile."""


def touched(
    old: Mapping[str, Device],
    new: Mapping[str, Device],
    *,
    other: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Devices that are read in another way from now on, or for the first time. The others are not disturbed.

    `other`: devices that differ in something else than themselves, their trust say.
    """
    differ = {name for name, device in new.items() if old.get(name) != device} | other & new.keys()
    gone = {name for name in old if name not in new}
    wires = {_wire(old[name]) for name in (differ | gone) & old.keys()}
    wires |= {_wire(new[name]) for name in differ}
    beside = {name for name, device in new.items() if _wire(device) in wires - {None}}
    return frozenset(differ | beside)


def fixed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What differs in settings that a running agent cannot change, one line each."""
    return [
        f"{name} cannot change while the agent runs; restart it for that"
        for name in old
        if old[name] != new[name]
    ]


def _wire(device: Device) -> str | None:
    url = urlsplit(device.endpoint)
    if url.scheme not in _ONE_WIRE:
        return None
    path = "" if url.scheme == "sparkplug" else url.path
    return f"{url.scheme}://{url.netloc}{path}"
