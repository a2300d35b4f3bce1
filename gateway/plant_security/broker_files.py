"""The files of a plant's mosquitto: settings, topic rules, hashed passwords, and each account's own secrets file.

Made again after every change of the plant file: who is still there keeps the password, who is new gets one, who is gone
loses the account.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from device_profiles.secrets_file import read_secrets
from gateway.plant_security.accounts import Account, AccountFault
from gateway.plant_security.password_file import (
    SALT_BYTES,
    is_password,
    name_of,
    password_line,
)

PACKET_BYTES_MAX = 1_048_576
"""The broker hangs up on whoever sends more in one packet; the gateway takes 20,000 bytes from an agent."""
QUEUED_MAX = 10_000
CONNECTIONS_MAX = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the broker will find its files, and where it listens."""

    settings: str
    """Directory of acl and machines.acl."""
    password_file: str
    certificates: str
    """Directory of certificate.pem, key.pem and ca.pem of the broker."""
    port: int = 8883
    machines_port: int | None = None
    """An open listener for machines that know no password; None: there is none."""
    crl_file: str | None = None
    """Given: every client must show a certificate of the plant's authority that is not on this list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dice:
    """Randomness, as an argument."""

    password: Callable[[], str]
    salt: Callable[[int], bytes]


def mosquitto_conf(places: Places) -> str:
    """mosquitto.conf."""
    lines = [
        "# The plant's broker. Made by `lineside-gateway broker`. Nothing durable rests on it: every fact waits in its",
        "# edge's own outbox.",
        "per_listener_settings true",
        "persistence false",
        "log_dest stdout",
        "log_type error",
        "log_type warning",
        "log_type notice",
        f"max_packet_size {PACKET_BYTES_MAX}",
        f"max_queued_messages {QUEUED_MAX}",
        "",
        "# Lineside's own programs, and readers.",
        f"listener {places.port}",
        f"max_connections {CONNECTIONS_MAX}",
        "allow_anonymous false",
        f"password_file {places.password_file}",
        f"acl_file {places.settings}/acl",
        "# This version of TLS and newer ones.",
        "tls_version tlsv1.2",
        f"cafile {places.certificates}/ca.pem",
        f"certfile {places.certificates}/certificate.pem",
        f"keyfile {places.certificates}/key.pem",
    ]
    if places.crl_file is not None:
        lines += ["require_certificate true", f"crlfile {places.crl_file}"]
    if places.machines_port is not None:
        lines += [
            "",
            "# Machines that speak MQTT themselves and know no password: only below their own topics. In the machines'",
            "# network alone, never in the office's.",
            f"listener {places.machines_port}",
            f"max_connections {CONNECTIONS_MAX}",
            "allow_anonymous true",
            f"acl_file {places.settings}/machines.acl",
        ]
    return "\n".join(lines) + "\n"


def secrets_text(account: str, password: str) -> str:
    """An account's secrets file, as the programs read it."""
    return f"LINESIDE_MQTT_USERNAME={account}\nLINESIDE_MQTT_PASSWORD={password}\n"


def keep_passwords(
    directory: Path, accounts: Sequence[Account], *, renew: Iterable[str], dice: Dice
) -> list[str]:
    """Write `passwords` and `secrets/<account>.env`; the accounts that got a new password. Raises AccountFault."""
    secrets = directory / "secrets"
    secrets.mkdir(mode=0o700, parents=True, exist_ok=True)
    secrets.chmod(0o700)
    renewed, wanted = set(renew), [account.name for account in accounts]
    if unknown := sorted(renewed - set(wanted)):
        raise AccountFault(f"{', '.join(unknown)}: no such account; known: {', '.join(wanted)}")
    old = _lines(directory / "passwords")
    lines: list[str] = []
    made: list[str] = []
    for name in wanted:
        file = secrets / f"{name}.env"
        password = None if name in renewed else _known(file)
        if password is None:
            password = dice.password()
            write_private(file, secrets_text(name, password))
            made.append(name)
        line = old.get(name)
        fits = line is not None and is_password(line, password)
        lines.append(
            line if line and fits else password_line(name, password, dice.salt(SALT_BYTES))
        )
    for file in secrets.glob("*.env"):
        if file.stem not in wanted:
            file.unlink()
    write_private(directory / "passwords", "\n".join(lines) + "\n")
    return made


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_text(text, encoding="utf-8")


def _known(file: Path) -> str | None:
    if not file.exists():
        return None
    kept = read_secrets(file)
    if kept.faults:
        raise AccountFault("\n".join(kept.faults))
    return kept.values.get("LINESIDE_MQTT_PASSWORD")


def _lines(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    return {name_of(line): line for line in file.read_text(encoding="utf-8").splitlines() if line}
