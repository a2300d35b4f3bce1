"""The certificate by which a server of ours is known to those who connect to it."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from device_profiles.program import Settings
from device_profiles.trust import server_context, trust_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Certificate (PEM, with what lies between it and the authority) and its key."""

    certificate_file: Path
    key_file: Path

    def answer(self, *_: object) -> ssl.SSLContext:
        """How to answer those who connect, in the shape of uvicorn's `ssl_context_factory`; raises OSError when the
        files cannot be used."""
        return server_context(self.certificate_file, self.key_file)


def read_identity(settings: Settings, table: str) -> Identity | None:
    """`certificate_file` and `key_file` of a table; None without them, and the server then speaks plain HTTP."""
    certificate_file = settings.file(f"{table}.certificate_file")
    key_file = settings.file(f"{table}.key_file")
    for key, wrong in trust_faults(None, certificate_file, key_file):
        settings.fault(f"{table}.{key}", f"{table}.{key}: {wrong}")
    if certificate_file is None or key_file is None:
        return None
    return Identity(certificate_file=certificate_file, key_file=key_file)
