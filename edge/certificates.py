"""The certificates of one edge: its own with its key, those it trusts, and those it has refused, as files in one directory.

own/certificate.der and own/private.pem; trusted/<thumbprint>.der; rejected/<thumbprint>.der. A certificate authority in
trusted/ vouches for what it issued. Revocation lists are not read: take a certificate out of trusted/ instead.
"""

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

KEY_BITS = 2_048
DAYS = 1_825
REJECTED_MAX = 100
"""Refused certificates that are kept; a stranger cannot fill the disk."""
_CLOCK_SLACK = timedelta(hours=1)


class CertificateFault(Exception):
    """A certificate is missing, exists already, or is not known; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A certificate in the directory."""

    where: str
    """own, trusted or rejected."""
    certificate: x509.Certificate

    @property
    def thumbprint(self) -> str:
        """SHA-1 of the whole certificate, as OPC UA servers show it."""
        return thumbprint(self.certificate)


class CertificateDirectory:
    """Reads and changes the files; nothing is kept in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def certificate_file(self) -> Path:
        """The edge's own certificate, DER."""
        return self.root / "own" / "certificate.der"

    @property
    def key_file(self) -> Path:
        """The edge's own private key, PEM, readable by its user alone."""
        return self.root / "own" / "private.pem"

    def create(self, *, name: str, host: str, now: datetime, renew: bool = False) -> Held:
        """Make the edge's own key and certificate; raises CertificateFault when there is one already."""
        if self.certificate_file.exists() and not renew:
            raise CertificateFault(
                f"{self.certificate_file} exists. Servers trust it; add --renew to replace it, and then trust the new"
                " one on every server."
            )
        key = rsa.generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
        certificate = self_signed(key, name=name, host=host, now=now)
        self.key_file.parent.mkdir(parents=True, exist_ok=True)
        self.key_file.touch(mode=0o600)
        self.key_file.chmod(0o600)
        self.key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.certificate_file.write_bytes(_der(certificate))
        return Held(where="own", certificate=certificate)

    def own(self) -> x509.Certificate:
        """The edge's own certificate; raises CertificateFault."""
        if not self.certificate_file.exists() or not self.key_file.exists():
            raise CertificateFault(
                f"This edge has no certificate in {self.root}. Run: lineside-edge certificate --directory {self.root}"
                " create"
            )
        return load(self.certificate_file)

    def held(self) -> Iterator[Held]:
        """All certificates in the directory."""
        if self.certificate_file.exists():
            yield Held(where="own", certificate=load(self.certificate_file))
        for where in ("trusted", "rejected"):
            for file in sorted((self.root / where).glob("*")):
                if file.suffix in (".der", ".crt", ".cer", ".pem"):
                    yield Held(where=where, certificate=load(file))

    def find(self, thumbprint_start: str) -> Held:
        """The one certificate whose thumbprint begins so, or `own`; raises CertificateFault."""
        wanted = thumbprint_start.replace(":", "").lower()
        found = {h.thumbprint: h for h in self.held() if wanted == "own" and h.where == "own"}
        found |= {h.thumbprint: h for h in self.held() if h.thumbprint.startswith(wanted)}
        if len(found) == 1:
            return next(iter(found.values()))
        known = ", ".join(h.thumbprint[:8] for h in self.held()) or "none"
        count = "no certificate" if not found else f"{len(found)} certificates"
        raise CertificateFault(
            f"{count} with a thumbprint {thumbprint_start!r} in {self.root}; known: {known}."
        )

    def trust(self, what: str) -> Held:
        """Trust a rejected certificate by its thumbprint, or one in a file."""
        file = Path(what)
        certificate = load(file) if file.is_file() else self.find(what).certificate
        self._store("trusted", certificate)
        (self.root / "rejected" / f"{thumbprint(certificate)}.der").unlink(missing_ok=True)
        return Held(where="trusted", certificate=certificate)

    def reject(self, certificate: x509.Certificate) -> None:
        """Keep a certificate that is not trusted, so that it can be looked at and trusted."""
        kept = [*(self.root / "rejected").glob("*")]
        if len(kept) < REJECTED_MAX:
            self._store("rejected", certificate)

    def trusts(self, certificate: x509.Certificate) -> bool:
        """True for a certificate in trusted/, or one issued directly by an authority there."""
        return any(
            held.certificate == certificate or _issued_by(certificate, held.certificate)
            for held in self.held()
            if held.where == "trusted"
        )

    def _store(self, where: str, certificate: x509.Certificate) -> None:
        file = self.root / where / f"{thumbprint(certificate)}.der"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(_der(certificate))


def load(file: Path) -> x509.Certificate:
    """Read a certificate, PEM or DER; raises CertificateFault."""
    try:
        data = file.read_bytes()
        if data.startswith(b"-----"):
            return x509.load_pem_x509_certificate(data)
        return x509.load_der_x509_certificate(data)
    except (OSError, ValueError) as error:
        raise CertificateFault(f"{file} is no certificate that can be read: {error}") from error


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-1 of the whole certificate in hexadecimal digits."""
    return certificate.fingerprint(hashes.SHA1()).hex()


def application_uris(certificate: x509.Certificate) -> Sequence[str]:
    """The application URIs in the SubjectAltName."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def validity_fault(certificate: x509.Certificate, now: datetime) -> str | None:
    """Why a certificate is not valid now, or None."""
    if now > certificate.not_valid_after_utc:
        return f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if now < certificate.not_valid_before_utc - _CLOCK_SLACK:
        return f"valid only from {certificate.not_valid_before_utc:%Y-%m-%d}; is this machine's clock right?"
    return None


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        constraints = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not constraints.ca or certificate.issuer != authority.subject:
            return False
        certificate.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError):
        return False
    return certificate != authority and certificate.issuer != certificate.subject


def self_signed(key: rsa.RSAPrivateKey, *, name: str, host: str, now: datetime) -> x509.Certificate:
    """An OPC UA application instance certificate (OPC 10000-6, 6.2.2): the application URI in the SubjectAltName."""
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"Lineside edge {name}"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lineside"),
        ]
    )
    public = key.public_key()
    alternatives: list[x509.GeneralName] = [
        x509.UniformResourceIdentifier(f"urn:{host}:lineside:edge:{name}")
    ]
    try:
        alternatives.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        alternatives.append(x509.DNSName(host))
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=True,
        data_encipherment=True,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SLACK)
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)
