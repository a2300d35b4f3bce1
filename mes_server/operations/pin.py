"""PINs as Argon2id hashes: half a second of guessing for whoever steals the database, times ten thousand."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1)
"""Above OWASP's minimum for Argon2id (19 MiB, two passes); bounded memory when many sign in at once."""


def hash_pin(pin: str, *, salt: bytes) -> str:
    """The hash that is stored; `salt` is 16 random bytes."""
    return _HASHER.hash(pin, salt=salt)


def pin_matches(pin_hash: str, pin: str) -> bool:
    """Whether this is the PIN; takes some tens of milliseconds on purpose."""
    try:
        return _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError):
        return False
