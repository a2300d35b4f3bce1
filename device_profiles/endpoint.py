"""What an endpoint of a plant file looks like, by protocol: schemes, parts and options."""

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qs, urlsplit

from device_profiles.profile import Protocol

MODBUS_SCHEMES = ("modbus-tcp", "modbus-rtu", "modbus-rtu-tcp")
SERIAL_SCHEMES = ("modbus-rtu", "scale+serial")
"""Endpoints that name a serial port of this machine instead of a host."""
SCHEMES: Mapping[Protocol, tuple[str, ...]] = {
    Protocol.OPCUA: ("opc.tcp",),
    Protocol.MODBUS_TCP: MODBUS_SCHEMES,
    Protocol.MODBUS_RTU: MODBUS_SCHEMES,
    Protocol.MQTT: ("mqtt", "mqtts"),
    Protocol.SPARKPLUG: ("sparkplug", "sparkplugs"),
    Protocol.ASCII_SCALE: ("scale+tcp", "scale+serial"),
}
"""URL schemes by the profile's protocol, the usual one first. A register map is the same on every Modbus wire."""

_WHOLE_NUMBERS = {
    "unit": (0, 255),
    "baud": (50, 4_000_000),
    "bits": (5, 8),
    "stop": (1, 2),
    "timeout_ms": (10, 60_000),
}


def endpoint_fault(endpoint: str, protocol: Protocol) -> str | None:
    """What is wrong with an endpoint for a protocol, or None."""
    url = urlsplit(endpoint)
    schemes = SCHEMES[protocol]
    if url.scheme not in schemes or not _reachable(url):
        return f"write {_example(url.scheme if url.scheme in schemes else schemes[0])}"
    steps = [step for step in url.path.split("/") if step]
    if protocol is Protocol.MQTT and not steps:
        return "write the base topic after the port: mqtt://host:port/base/topic"
    if protocol is Protocol.SPARKPLUG and len(steps) not in (2, 3):
        return f"name group, edge node and, if it has devices, the device: {_example('sparkplug')}"
    if protocol in (Protocol.OPCUA, Protocol.MQTT):
        return None
    return _options_fault({key: found[-1] for key, found in parse_qs(url.query).items()})


def shown(endpoint: str) -> str:
    """An endpoint for people's eyes: a password in it is left out."""
    return re.sub(r"(?<=//)([^/@:\s]*):[^/@\s]*@", r"\1:…@", endpoint)


def serial_settings(endpoint: str) -> tuple[str, str]:
    """(serial port, its settings as `19200 8E1`) of an endpoint; two empty texts when it names no port."""
    url = urlsplit(endpoint)
    if url.scheme not in SERIAL_SCHEMES:
        return "", ""
    found = {key: texts[-1] for key, texts in parse_qs(url.query).items()}
    baud, bits = found.get("baud", "9600"), found.get("bits", "8")
    return url.path, f"{baud} {bits}{found.get('parity', 'N')}{found.get('stop', '1')}"


def _options_fault(options: Mapping[str, str]) -> str | None:
    for key, (low, high) in _WHOLE_NUMBERS.items():
        text = options.get(key)
        if text is not None and not (text.isdecimal() and low <= int(text) <= high):
            return f"write ?{key}={low} to {high}"
    if options.get("parity", "N") not in ("N", "E", "O"):
        return "write ?parity=N, E or O"
    return None


def _reachable(url: SplitResult) -> bool:
    if url.scheme in SERIAL_SCHEMES:
        return not url.netloc and len(url.path) > 1
    try:
        return bool(url.hostname) and url.port is not None
    except ValueError:
        return False


def _example(scheme: str) -> str:
    match scheme:
        case "modbus-tcp" | "modbus-rtu-tcp":
            return f"{scheme}://host:port?unit=1"
        case "modbus-rtu":
            return "modbus-rtu:///dev/ttyUSB0?baud=19200&parity=E&unit=1"
        case "scale+serial":
            return "scale+serial:///dev/ttyS0?baud=9600"
        case "sparkplug" | "sparkplugs":
            return f"{scheme}://host:port/group/node/device"
        case _:
            return f"{scheme}://host:port…"
