"""How the settings of an agent say that OPC UA servers are trusted: `certificates`, and a `[security.<device>]` each."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from device_profiles.plant import Device
from device_profiles.profile import Protocol
from device_profiles.program import Settings
from edge.opcua_security import OpcUaSecurity, SecurityMode, SecurityPolicy

_Word = TypeVar("_Word", SecurityMode, SecurityPolicy)


def password_variable(device: str) -> str:
    """Environment variable of a device's password: `LINESIDE_OPCUA_PASSWORD_IMM1`."""
    return "LINESIDE_OPCUA_PASSWORD_" + re.sub(r"[^A-Z0-9]", "_", device.upper())


def read_security(
    settings: Settings, devices: Iterable[Device], certificates: Path
) -> Mapping[str, OpcUaSecurity]:
    """Device -> security of its connection; faults are noted in the settings."""
    return {
        device.id: _read(settings, device.id, certificates)
        for device in devices
        if device.profile.protocol is Protocol.OPCUA
    }


def _read(settings: Settings, device: str, certificates: Path) -> OpcUaSecurity:
    table = f"security.{device}"
    mode = _word(settings, f"{table}.mode", SecurityMode.NONE, SecurityMode)
    policy = _word(settings, f"{table}.policy", SecurityPolicy.BASIC256SHA256, SecurityPolicy)
    user = settings.optional_text(f"{table}.user")
    variable = password_variable(device)
    password = settings.secret(f"{table}.password", env=variable, required=user is not None)
    certificate = settings.file(f"{table}.user_certificate")
    key = settings.file(f"{table}.user_key")
    clear = settings.flag(f"{table}.password_in_clear", default=False)
    if (user or certificate) and mode is SecurityMode.NONE and not clear:
        settings.fault(
            f"{table}.user" if user else f"{table}.user_certificate",
            'a log-in over an open line can be overheard; write mode = "sign-and-encrypt" (or'
            " password_in_clear = true where the server can do no better)",
        )
    named = [settings.optional_text(f"{table}.{name}") for name in ("user_certificate", "user_key")]
    if (named[0] is None) != (named[1] is None):
        settings.fault(
            f"{table}.user_certificate", "user_certificate and user_key are given together"
        )
    if user and certificate:
        settings.fault(f"{table}.user", "log in with user or with user_certificate, not with both")
    return OpcUaSecurity(
        mode=mode,
        policy=policy,
        certificates=certificates,
        user=user,
        password=password or None,
        user_certificate=certificate,
        user_key=key,
    )


def _word(settings: Settings, key: str, default: _Word, words: type[_Word]) -> _Word:
    text = settings.text(key, default.value)
    try:
        return words(text)
    except ValueError:
        settings.fault(key, f"{key} is {text!r}; write one of {', '.join(words)}")
        return default
