"""TLS as all our programs do it: version 1.2 or newer, certificates always verified, host names always checked."""

import ssl
from pathlib import Path

from device_profiles.secrets_file import privacy_fault


def client_context(
    ca_file: Path | None, certificate_file: Path | None = None, key_file: Path | None = None
) -> ssl.SSLContext:
    """For connections that we open. Raises OSError (ssl.SSLError among them) when a file cannot be used."""
    context = ssl.create_default_context(cafile=ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate_file is not None:
        _load_chain(context, certificate_file, key_file)
    return context


def server_context(certificate_file: Path, key_file: Path) -> ssl.SSLContext:
    """For connections that others open to us. Raises OSError (ssl.SSLError among them)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load_chain(context, certificate_file, key_file)
    return context


def trust_faults(
    ca_file: Path | None, certificate_file: Path | None, key_file: Path | None
) -> list[tuple[str, str]]:
    """What is wrong with the files of a TLS connection: (setting, what and what to do)."""
    faults: list[tuple[str, str]] = []
    if ca_file is not None:
        try:
            client_context(ca_file)
        except OSError:
            faults.append(("ca_file", f"{ca_file} holds no certificate in PEM form"))
    if (certificate_file is None) != (key_file is None):
        faults.append(("certificate_file", "certificate_file and key_file are given together"))
    if certificate_file is None or key_file is None:
        return faults
    if wrong := privacy_fault(key_file):
        return [*faults, ("key_file", wrong)]
    try:
        server_context(certificate_file, key_file)
    except OSError:
        wrong = f"{certificate_file} and {key_file} are not a certificate (PEM) and its key without a passphrase"
        faults.append(("certificate_file", wrong))
    return faults


def _load_chain(context: ssl.SSLContext, certificate_file: Path, key_file: Path | None) -> None:
    # An empty passphrase: without one, OpenSSL would ask for it on the terminal.
    context.load_cert_chain(certificate_file, key_file, password="")
