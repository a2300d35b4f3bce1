"""The plant's certificate authority as files in one directory, and the certificates it issues.

authority/: its key and what it issued, for the administrator alone. trust/: ca.pem, which every program is given, and
revoked.pem, which the broker is given. <name>/: certificate.pem, key.pem and ca.pem of one program, complete, to be carried
to its machine.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from device_profiles.secrets_file import privacy_fault

AUTHORITY_DAYS = 3_650
DAYS = 730
DAYS_MAX = 1_825
RENEW_WITHIN = timedelta(days=30)
"""So long before its end a certificate is called due."""
CLOCK_SLACK = timedelta(hours=1)
"""Certificates begin so long in the past: the plant's clocks differ."""
ISSUED_MAX = 10_000

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RESERVED = ("authority", "trust")


class AuthorityFault(Exception):
    """It cannot be done; the text says why and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """One certificate that the authority issued."""

    certificate: x509.Certificate
    revoked_at: datetime | None = None

    @property
    def name(self) -> str:
        """For whom."""
        return common_name(self.certificate)

    def state(self, now: datetime) -> str:
        """`valid until …` and its like."""
        begin, end = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if self.revoked_at is not None:
            return f"revoked on {self.revoked_at:%Y-%m-%d}"
        if now > end:
            return f"expired on {end:%Y-%m-%d}"
        if now < begin:
            return f"valid only from {begin:%Y-%m-%d}; is this machine's clock right?"
        due = "; renew it now" if end - now < RENEW_WITHIN else ""
        return f"valid until {end:%Y-%m-%d}{due}"


class PlantAuthority:
    """Reads and changes the files; nothing is kept in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ca_file = root / "trust" / "ca.pem"
        self.crl_file = root / "trust" / "revoked.pem"
        self._key_file = root / "authority" / "key.pem"
        self._issued = root / "authority" / "issued"

    def create(self, *, plant: str, now: datetime) -> x509.Certificate:
        """Make the authority; raises AuthorityFault when there is one."""
        if self.ca_file.exists() or self._key_file.exists():
            raise AuthorityFault(
                f"{self.root} holds an authority already. A new one would end every certificate of the old one; use"
                " another directory if that is meant."
            )
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _subject(f"{plant} plant authority")
        certificate = (
            _begun(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        self._issued.mkdir(parents=True)
        self._key_file.parent.chmod(0o700)
        _write_private(self._key_file, key)
        self.ca_file.parent.mkdir(parents=True, exist_ok=True)
        self.ca_file.write_bytes(_pem(certificate))
        self._write_crl(now)
        return certificate

    def issue(
        self, name: str, *, hosts: Sequence[str] = (), now: datetime, days: int = DAYS
    ) -> Issued:
        """Issue key and certificate: for a server that is reached by `hosts`, or for a client when there are none.

        What `name` had before stays valid until it expires or is revoked. Raises AuthorityFault.
        """
        if not _NAME.fullmatch(name) or name in _RESERVED:
            raise AuthorityFault(f"{name!r} is no name: letters, digits, dot, - and _ only")
        authority, authority_key = self._authority()
        if now > authority.not_valid_after_utc:
            raise AuthorityFault(
                f"The authority itself expired on {authority.not_valid_after_utc:%Y-%m-%d}. Make a new one in another"
                " directory and give every program its ca.pem."
            )
        key = ec.generate_private_key(ec.SECP256R1())
        usage = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            _begun(_subject(name), authority.subject, key.public_key(), now, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(_authority_identifier(authority_key), critical=False)
        )
        if hosts:
            names = x509.SubjectAlternativeName([_host(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        certificate = builder.sign(authority_key, hashes.SHA256())
        directory = self.root / name
        directory.mkdir(parents=True, exist_ok=True)
        _write_private(directory / "key.pem", key)
        (directory / "certificate.pem").write_bytes(_pem(certificate))
        (directory / "ca.pem").write_bytes(_pem(authority))
        (self._issued / f"{certificate.serial_number:x}.pem").write_bytes(_pem(certificate))
        return Issued(certificate=certificate)

    def revoke(self, name: str, *, now: datetime) -> int:
        """Revoke every certificate of `name` that is still valid; how many there were. Raises AuthorityFault."""
        self._authority()
        serials = [
            issued.certificate.serial_number
            for issued in self.issued()
            if issued.name == name and issued.revoked_at is None
        ]
        if not serials:
            raise AuthorityFault(f"{name!r} has no certificate that could be revoked")
        self._write_crl(now, serials)
        return len(serials)

    def issued(self) -> list[Issued]:
        """Everything issued, by name."""
        crl = self._crl()
        found: list[Issued] = []
        for file in sorted(self._issued.glob("*.pem"))[:ISSUED_MAX]:
            certificate = x509.load_pem_x509_certificate(file.read_bytes())
            entry = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
            revoked_at = entry.revocation_date_utc if entry is not None else None
            found.append(Issued(certificate=certificate, revoked_at=revoked_at))
        return sorted(found, key=lambda one: (one.name, one.certificate.not_valid_after_utc))

    def authority(self) -> Issued:
        """The authority's own certificate; raises AuthorityFault when there is none."""
        return Issued(certificate=self._authority()[0])

    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        if not self.ca_file.exists() or not self._key_file.exists():
            raise AuthorityFault(
                f"{self.root} holds no authority. Run: lineside-gateway certificates --directory {self.root}"
                " create-authority"
            )
        if wrong := privacy_fault(self._key_file):
            raise AuthorityFault(wrong)
        key = serialization.load_pem_private_key(self._key_file.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise AuthorityFault(f"{self._key_file} is no key of ours")
        return x509.load_pem_x509_certificate(self.ca_file.read_bytes()), key

    def _crl(self) -> x509.CertificateRevocationList:
        self._authority()
        return x509.load_pem_x509_crl(self.crl_file.read_bytes())

    def _write_crl(self, now: datetime, serials: Sequence[int] = ()) -> None:
        """The list of revoked certificates: those of before, and `serials`."""
        authority, key = self._authority()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(authority.subject)
            .last_update(now - CLOCK_SLACK)
            .next_update(authority.not_valid_after_utc)
            .add_extension(_authority_identifier(key), critical=False)
        )
        for entry in x509.load_pem_x509_crl(self.crl_file.read_bytes()) if serials else ():
            builder = builder.add_revoked_certificate(entry)
        for serial in serials:
            entry = x509.RevokedCertificateBuilder(serial, now).build()
            builder = builder.add_revoked_certificate(entry)
        crl = builder.sign(key, hashes.SHA256())
        self.crl_file.write_bytes(crl.public_bytes(serialization.Encoding.PEM))


def common_name(certificate: x509.Certificate) -> str:
    """The name a certificate was issued for."""
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def host_names(certificate: x509.Certificate) -> list[str]:
    """The names and addresses a server may be reached by; empty for a client."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    addresses = names.get_values_for_type(x509.IPAddress)
    return [*names.get_values_for_type(x509.DNSName), *(str(address) for address in addresses)]


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    now: datetime,
    days: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SLACK)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _authority_identifier(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _subject(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name[:64]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Lineside"),
        ]
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return x509.DNSName(host)
    except ValueError:
        raise AuthorityFault(f"{host!r} is no host name or address") from None


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write_private(file: Path, key: ec.EllipticCurvePrivateKey) -> None:
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
