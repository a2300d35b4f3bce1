"""How an OPC UA server is trusted and how it knows us: policies, certificates, users, and errors with a way out."""

# asyncua is only partly typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from asyncua import ua
from asyncua.client.client import Client
from asyncua.crypto import security_policies
from asyncua.crypto.uacrypto import CertProperties
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from edge.certificates import (
    CertificateDirectory,
    CertificateFault,
    application_uris,
    thumbprint,
    validity_fault,
)


class SecurityMode(StrEnum):
    """What the messages on the line are."""

    NONE = "none"
    SIGN = "sign"
    SIGN_AND_ENCRYPT = "sign-and-encrypt"


class SecurityPolicy(StrEnum):
    """The algorithms; what is older than these is not spoken."""

    BASIC256SHA256 = "Basic256Sha256"
    AES128 = "Aes128_Sha256_RsaOaep"
    AES256 = "Aes256_Sha256_RsaPss"


_MODES = {
    SecurityMode.NONE: ua.MessageSecurityMode.None_,
    SecurityMode.SIGN: ua.MessageSecurityMode.Sign,
    SecurityMode.SIGN_AND_ENCRYPT: ua.MessageSecurityMode.SignAndEncrypt,
}
_POLICIES: Mapping[SecurityPolicy, type[security_policies.SecurityPolicy]] = {
    SecurityPolicy.BASIC256SHA256: security_policies.SecurityPolicyBasic256Sha256,
    SecurityPolicy.AES128: security_policies.SecurityPolicyAes128Sha256RsaOaep,
    SecurityPolicy.AES256: security_policies.SecurityPolicyAes256Sha256RsaPss,
}


class NotSecure(Exception):
    """The connection would not be what the settings ask for; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpcUaSecurity:
    """One server, as the settings say."""

    mode: SecurityMode = SecurityMode.NONE
    policy: SecurityPolicy = SecurityPolicy.BASIC256SHA256
    certificates: Path = Path("certificates")
    """The edge's certificate directory."""
    user: str | None = None
    password: str | None = None
    user_certificate: Path | None = None
    user_key: Path | None = None

    def __repr__(self) -> str:
        """Without the password."""
        return f"OpcUaSecurity({self.mode}, {self.policy}, user={self.user!r})"


NO_SECURITY = OpcUaSecurity()


async def make_secure(
    client: Client, endpoint: str, security: OpcUaSecurity, *, now: datetime, timeout_s: float
) -> None:
    """Prepare a client that is not connected yet; raises NotSecure, or what the network raises."""
    if security.user is not None:
        client.set_user(security.user)
        client.set_password(security.password or "")
    if security.mode is SecurityMode.NONE:
        return
    directory = CertificateDirectory(security.certificates)
    own = _usable_own(directory, now)
    client.application_uri = application_uris(own)[0]
    server = await _server_certificate(Client(endpoint, timeout=timeout_s), security)
    _check_server(directory, server, now)
    if security.user_certificate is not None and security.user_key is not None:
        await client.load_client_certificate(str(security.user_certificate))
        await client.load_private_key(security.user_key)
    await client.set_security(
        _POLICIES[security.policy],
        CertProperties(directory.certificate_file, "der"),
        CertProperties(directory.key_file, "pem"),
        server_certificate=_properties(server.certificate),
        mode=_MODES[security.mode],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Server:
    certificate: x509.Certificate
    application_uri: str


async def _server_certificate(client: Client, security: OpcUaSecurity) -> _Server:
    endpoints = await client.connect_and_get_server_endpoints()
    mode, uri = _MODES[security.mode], _POLICIES[security.policy].URI
    for found in endpoints:
        if (
            found.SecurityMode == mode
            and found.SecurityPolicyUri == uri
            and found.ServerCertificate
        ):
            certificate = x509.load_der_x509_certificate(_first(found.ServerCertificate))
            return _Server(
                certificate=certificate, application_uri=str(found.Server.ApplicationUri)
            )
    raise NotSecure(
        f"The server does not offer {security.mode} with {security.policy}. It offers: {_offers(endpoints)}."
        " Change [security.…] in the settings, or switch the policy on in the server."
    )


def _usable_own(directory: CertificateDirectory, now: datetime) -> x509.Certificate:
    try:
        own = directory.own()
    except CertificateFault as fault:
        raise NotSecure(str(fault)) from fault
    if wrong := validity_fault(own, now):
        raise NotSecure(
            f"This edge's certificate is {wrong}. Renew it: lineside-edge certificate --directory {directory.root}"
            " create --renew; then trust the new one on the server."
        )
    if not application_uris(own):
        raise NotSecure(
            f"{directory.certificate_file} has no application URI in its SubjectAltName. Create one that has:"
            f" lineside-edge certificate --directory {directory.root} create --renew"
        )
    return own


def _check_server(directory: CertificateDirectory, server: _Server, now: datetime) -> None:
    certificate = server.certificate
    if not directory.trusts(certificate):
        directory.reject(certificate)
        raise NotSecure(
            f"The server's certificate is not trusted (BadCertificateUntrusted): {certificate.subject.rfc4514_string()},"
            f" thumbprint {thumbprint(certificate)}. If it is the right one, run:"
            f" lineside-edge certificate --directory {directory.root} trust {thumbprint(certificate)[:8]}"
        )
    if wrong := validity_fault(certificate, now):
        raise NotSecure(
            f"The server's certificate is {wrong} (BadCertificateTimeInvalid). Renew it on the server, then trust it here."
        )
    if server.application_uri not in application_uris(certificate):
        raise NotSecure(
            f"The server calls itself {server.application_uri}, but its certificate says"
            f" {', '.join(application_uris(certificate)) or 'nothing'} (BadCertificateUriInvalid). Create a new"
            " certificate on the server after its host or application name was changed."
        )


def explained(error: Exception, security: OpcUaSecurity) -> str:
    """An error of the server in words, with what to do about it."""
    if isinstance(error, TimeoutError):
        return "The server does not answer in time."
    text = str(error) or type(error).__name__
    code = error.code if isinstance(error, ua.UaStatusCodeError) else None
    name = ua.StatusCode(ua.UInt32(code)).name if code is not None else ""
    advice = _ADVICE.get(name)
    return f"{advice(security)} ({name})" if advice else text


def _ours(security: OpcUaSecurity) -> str:
    directory = CertificateDirectory(security.certificates)
    try:
        return f"{directory.certificate_file}, thumbprint {thumbprint(directory.own())}"
    except CertificateFault:
        return str(directory.certificate_file)


def _trust_us(security: OpcUaSecurity) -> str:
    return (
        "The server does not trust this edge's certificate. Move it from the rejected to the trusted ones on the"
        f" server ({_ours(security)}); the edge tries again by itself."
    )


def _user(security: OpcUaSecurity) -> str:
    who = f"user {security.user!r}" if security.user else "a connection without a user"
    if security.user_certificate:
        who = f"the user certificate {security.user_certificate}"
    return (
        f"The server refused {who}. Check user in the settings, the password in the environment, and the account on"
        " the server."
    )


_ADVICE: Mapping[str, Callable[[OpcUaSecurity], str]] = {
    "BadCertificateUntrusted": _trust_us,
    "BadSecurityChecksFailed": _trust_us,
    "BadCertificateChainIncomplete": _trust_us,
    "BadCertificateUriInvalid": lambda security: (
        "The server finds another application URI in this edge's certificate than it was told. Renew the certificate"
        " (lineside-edge certificate create --renew) and trust the new one on the server."
        f" {_ours(security)}"
    ),
    "BadCertificateTimeInvalid": lambda security: (
        "The server takes this edge's certificate for expired or not valid yet. Compare both clocks, then renew it if"
        f" need be. {_ours(security)}"
    ),
    "BadCertificateUseNotAllowed": lambda security: (
        "The server does not accept the key usages of this edge's certificate. Create it with"
        f" lineside-edge certificate create --renew. {_ours(security)}"
    ),
    "BadIdentityTokenRejected": _user,
    "BadUserAccessDenied": _user,
    "BadIdentityTokenInvalid": lambda _: (
        "The server does not offer this way to log in. Ask for the ways it does offer, and change user or"
        " user_certificate in the settings."
    ),
    "BadSecurityPolicyRejected": lambda security: (
        f"The server refuses {security.policy}. Change [security.…] in the settings, or switch the policy on in the"
        " server."
    ),
    "BadTooManySessions": lambda _: (
        "The server has no session left. End unused clients, or raise its limit; dead sessions end by themselves."
    ),
}


def _offers(endpoints: Iterable[ua.EndpointDescription]) -> str:
    found = {
        f"{ua.MessageSecurityMode(e.SecurityMode).name.rstrip('_')} {str(e.SecurityPolicyUri).rpartition('#')[2]}"
        for e in endpoints
    }
    return ", ".join(sorted(found)) or "nothing"


def _first(chain: bytes) -> bytes:
    """The leading certificate: servers may send theirs with its chain behind it."""
    return chain[: int.from_bytes(chain[2:4], "big") + 4]


def _properties(certificate: x509.Certificate) -> CertProperties:
    return CertProperties(certificate.public_bytes(Encoding.DER), "der")
