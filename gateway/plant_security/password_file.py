"""Mosquitto's password file: one `name:$7$iterations$salt$hash` a line, PBKDF2 with SHA-512 as mosquitto_passwd does it.

Written here, so that no password ever stands on a command line. Pure.
"""

import base64
import hashlib

ITERATIONS = 10_000
"""About five milliseconds a log-in; the passwords we mint have 190 random bits and need no more."""
SALT_BYTES = 12


def password_line(name: str, password: str, salt: bytes) -> str:
    """The line of one account."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    salted, hashed = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{name}:$7${ITERATIONS}${salted}${hashed}"


def is_password(line: str, password: str) -> bool:
    """Whether a line of the file is this password's."""
    try:
        _, kind, iterations, salt, digest = line.split("$")
        if kind != "7":
            return False
        expected = base64.b64decode(digest, validate=True)
        salted = base64.b64decode(salt, validate=True)
        found = hashlib.pbkdf2_hmac("sha512", password.encode(), salted, int(iterations))
    except ValueError:
        return False
    return found == expected


def name_of(line: str) -> str:
    """Whose line it is."""
    return line.split(":", 1)[0]
