"""Secrets from a file that only the program's own user can read, and which secrets are none.

The file has one `NAME=value` a line, names as in the environment; the environment wins. A value is never repeated in a
fault: what is wrong is said by name, file and line.
"""

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

FILE_VARIABLE = "LINESIDE_SECRETS_FILE"
DEMO_VARIABLE = "LINESIDE_DEMO"
"""`yes` in the environment of the programs that the demo starts, and of no others."""
DEMO_PREFIX = "lineside-demo-"
"""How every secret begins that the demo makes for itself."""
FILE_BYTES_MAX = 65_536
PLACEHOLDERS = frozenset(
    [
        "admin",
        "changeme",
        "change-me",
        "default",
        "demo",
        "example",
        "lineside",
        "mosquitto",
        "password",
        "passwort",
        "postgres",
        "public",
        "root",
        "secret",
        "test",
        "token",
    ]
)
"""What people leave standing; no program starts with one of them as a secret."""

_LINE = re.compile(r"(?:export\s+)?(LINESIDE_[A-Z0-9_]+)\s*=\s*(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsFile:
    """What a secrets file holds, and what is wrong with it."""

    values: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    faults: tuple[str, ...] = ()


def read_secrets(path: Path) -> SecretsFile:
    """Read a secrets file; one that others could read is not read at all."""
    if wrong := privacy_fault(path):
        return SecretsFile(faults=(wrong,))
    try:
        data = path.read_bytes()
        text = data.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return SecretsFile(faults=(f"{path}: cannot be read as text",))
    if len(data) > FILE_BYTES_MAX:
        return SecretsFile(faults=(f"{path}: more than {FILE_BYTES_MAX} bytes are no secrets",))
    values: dict[str, str] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if (entry := _LINE.fullmatch(line.strip())) is None:
            faults.append(f"{path}:{number}: write LINESIDE_NAME=value")
        else:
            values[entry[1]] = _unquoted(entry[2])
    return SecretsFile(values=values, faults=tuple(faults))


def privacy_fault(path: Path) -> str | None:
    """Why a file is not private to this program's user, with what to do about it; None when it is."""
    try:
        found = path.stat()
    except OSError as error:
        return f"{path}: cannot be read: {error.strerror}"
    if not stat.S_ISREG(found.st_mode):
        return f"{path}: is no file"
    if found.st_mode & 0o077:
        return f"{path}: others can read or write it (mode {stat.S_IMODE(found.st_mode):04o}); run: chmod 600 {path}"
    if found.st_uid not in (os.geteuid(), 0):
        return f"{path}: belongs to another user; give it to the user that runs this program"
    return None


def secret_fault(value: str, *, demo: bool) -> str | None:
    """Why a secret must not be used, without repeating it; None when it may."""
    if value.strip().lower() in PLACEHOLDERS:
        return "holds a placeholder that everybody knows; make one with: openssl rand -hex 24"
    if value.startswith(DEMO_PREFIX) and not demo:
        return (
            "holds a secret of the demo, which is for one machine alone; make one with: openssl rand -hex 24"
            f" (only the demo itself sets {DEMO_VARIABLE}=yes)"
        )
    return None


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text
