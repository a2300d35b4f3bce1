"""OPC UA with signatures, encryption, users and certificates, on a real server; and what an engineer reads when it fails."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asyncua import ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.crypto.truststore import TrustStore
from asyncua.crypto.validator import CertificateValidator, CertificateValidatorOptions
from asyncua.server.server import Server
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from device_profiles.catalog import load_profile
from device_profiles.profile import Profile
from device_profiles.program import SystemClock
from edge.certificates import CertificateDirectory, load, self_signed, thumbprint
from edge.driver import Batch
from edge.ending import end
from edge.opcua_driver import OpcUaDriver
from edge.opcua_security import OpcUaSecurity, SecurityMode
from tests.conformance.device_rigs import OPCUA
from tests.conformance.gateway_rig import free_port, until

NOW = datetime.now(UTC)
SECURITY_CHECKS_FAILED = 0x8013_0000
SERVER_URI = "urn:plc:lineside:edge:server"


class Users:
    """One user with a password, one with a certificate; anybody where nobody needs to log in."""

    certificate: bytes = b""
    anybody = True

    def get_user(
        self,
        iserver: object,
        username: str | None = None,
        password: str | None = None,
        certificate: object = None,
    ) -> User | None:
        del iserver
        if (username, password) == ("lineside", "s3cret"):
            return User(role=UserRole.User, name="lineside")
        if certificate is not None and certificate == self.certificate:
            return User(role=UserRole.User, name="by certificate")
        return User(role=UserRole.User) if self.anybody and username is None else None


class Plc:
    """A server that speaks only with signatures or encryption, with its own trust list."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.certificates = CertificateDirectory(directory / "plc")
        self.certificates.create(name="server", host="plc", now=NOW)
        self.users = Users()
        self.trusted = directory / "plc" / "trusted"
        self.certificates.trust(str(self.certificates.certificate_file))
        self.uri = SERVER_URI
        self.tokens: list[type] = [ua.AnonymousIdentityToken]
        self.policies = [
            ua.SecurityPolicyType.Basic256Sha256_Sign,
            ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
        ]
        self._server: Server | None = None

    @property
    def endpoint(self) -> str:
        return f"opc.tcp://127.0.0.1:{self.port}/tiny"

    async def start(self, *, checks_clients: bool = False) -> None:
        server = Server(user_manager=self.users)  # pyright: ignore[reportArgumentType]
        await server.init()
        server.set_endpoint(self.endpoint)
        await server.set_application_uri(self.uri)
        await server.load_certificate(self.certificates.certificate_file)
        await server.load_private_key(self.certificates.key_file)
        server.set_security_policy(self.policies)
        server.set_identity_tokens(self.tokens)
        if checks_clients:
            store = TrustStore([self.trusted], [])
            await store.load()
            options = CertificateValidatorOptions.TRUSTED_VALIDATION
            server.set_certificate_validator(
                CertificateValidator(options | CertificateValidatorOptions.PEER_CLIENT, store)
            )
        index = await server.register_namespace("urn:tiny")
        machine = await server.nodes.objects.add_object(index, "Tiny")
        good = ua.Variant(7, ua.VariantType.UInt32)
        await machine.add_variable(index, "Good", good)
        await machine.add_variable(index, "Running", ua.Variant(True, ua.VariantType.Boolean))
        await machine.add_variable(index, "Target", ua.Variant(0, ua.VariantType.Int32))
        await server.start()
        self._server = server

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()
            self._server = None


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    (tmp_path / "tiny.yaml").write_text(OPCUA)
    return load_profile(tmp_path / "tiny.yaml")


@pytest.fixture
async def plc(tmp_path: Path) -> AsyncIterator[Plc]:
    plc = Plc(tmp_path)
    yield plc
    await plc.stop()


@pytest.fixture
def ours(tmp_path: Path, plc: Plc) -> CertificateDirectory:
    """The edge's certificates; it trusts the server."""
    directory = CertificateDirectory(tmp_path / "edge")
    directory.create(name="edge-1", host="edge-pc", now=NOW)
    directory.trust(str(plc.certificates.certificate_file))
    return directory


class Read:
    def __init__(self) -> None:
        self.values: dict[str, object] = {}
        self.faults: list[str] = []

    async def deliver(self, batch: Batch) -> None:
        self.values.update({r.signal: r.value for r in batch.readings})
        if batch.fault:
            self.faults.append(batch.fault)

    @property
    def connected(self) -> bool:
        return self.values.get("good") == 7

    def says(self, *words: str) -> bool:
        return any(all(word in fault for word in words) for fault in self.faults)


@contextlib.asynccontextmanager
async def reading(plc: Plc, profile: Profile, security: OpcUaSecurity) -> AsyncIterator[Read]:
    driver = OpcUaDriver(
        endpoint=plc.endpoint, profile=profile, clock=SystemClock(), security=security
    )
    read = Read()
    task = asyncio.create_task(driver.run(read.deliver))
    try:
        yield read
    finally:
        await end(task)


def secure(ours: CertificateDirectory, **more: object) -> OpcUaSecurity:
    settings: dict[str, object] = {"mode": SecurityMode.SIGN_AND_ENCRYPT, **more}
    return OpcUaSecurity(certificates=ours.root, **settings)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("mode", [SecurityMode.SIGN, SecurityMode.SIGN_AND_ENCRYPT])
async def test_a_server_and_an_edge_that_trust_each_other_connect(
    plc: Plc, profile: Profile, ours: CertificateDirectory, mode: SecurityMode
) -> None:
    (plc.trusted / "edge.der").write_bytes(ours.certificate_file.read_bytes())
    await plc.start(checks_clients=True)
    async with reading(plc, profile, secure(ours, mode=mode)) as read:
        await until(lambda: read.connected, "values")
    assert read.faults == []


async def test_an_unknown_server_is_kept_and_can_be_trusted_by_its_thumbprint(
    plc: Plc, profile: Profile, tmp_path: Path
) -> None:
    await plc.start()
    ours = CertificateDirectory(tmp_path / "edge")
    ours.create(name="edge-1", host="edge-pc", now=NOW)
    server = thumbprint(load(plc.certificates.certificate_file))
    async with reading(plc, profile, secure(ours)) as read:
        await until(lambda: read.says("BadCertificateUntrusted", f"trust {server[:8]}"), "refusal")
        assert not read.connected
        assert [(held.where, held.thumbprint) for held in ours.held()][1:] == [("rejected", server)]
        ours.trust(server[:8])
        await until(lambda: read.connected, "values, without a restart")
    assert [held.where for held in ours.held()] == ["own", "trusted"]


async def test_a_server_that_does_not_know_us_is_explained(
    plc: Plc, profile: Profile, ours: CertificateDirectory
) -> None:
    await plc.start(checks_clients=True)
    us = thumbprint(ours.own())
    async with reading(plc, profile, secure(ours)) as read:
        await until(
            lambda: read.says(
                "does not trust this edge's certificate", us, "BadCertificateUntrusted"
            ),
            "what to do",
        )


async def test_a_server_that_hangs_up_on_us_with_an_error_is_explained(
    plc: Plc, profile: Profile
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Acknowledge, and answer the secure channel with an error message as many controllers do."""
        await reader.read(1_000)
        writer.write(b"ACKF" + struct.pack("<6I", 28, 0, 65_536, 65_536, 0, 0))
        await reader.read(10_000)
        writer.write(b"ERRF" + struct.pack("<IIi", 16, SECURITY_CHECKS_FAILED, -1))
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", plc.port)
    try:
        async with reading(plc, profile, OpcUaSecurity()) as read:
            await until(lambda: read.says("does not trust", "BadSecurityChecksFailed"), "why")
    finally:
        server.close()


async def test_a_server_under_another_name_than_its_certificates_is_refused(
    plc: Plc, profile: Profile, ours: CertificateDirectory
) -> None:
    plc.uri = "urn:renamed:server"
    await plc.start()
    async with reading(plc, profile, secure(ours)) as read:
        await until(
            lambda: read.says("urn:renamed:server", SERVER_URI, "BadCertificateUriInvalid"), "why"
        )
        assert not read.connected


async def test_an_edge_without_a_certificate_says_how_to_make_one(
    plc: Plc, profile: Profile, tmp_path: Path
) -> None:
    await plc.start()
    async with reading(plc, profile, secure(CertificateDirectory(tmp_path / "none"))) as read:
        await until(lambda: read.says("lineside-edge certificate", "create"), "what to do")


async def test_an_expired_certificate_is_not_used(
    plc: Plc, profile: Profile, tmp_path: Path
) -> None:
    await plc.start()
    ours = CertificateDirectory(tmp_path / "old")
    ours.create(name="edge-1", host="edge-pc", now=NOW - timedelta(days=4_000))
    async with reading(plc, profile, secure(ours)) as read:
        await until(lambda: read.says("expired on", "create --renew"), "what to do")


async def test_a_policy_that_the_server_does_not_offer_is_named_with_those_it_does(
    plc: Plc, profile: Profile, ours: CertificateDirectory
) -> None:
    plc.policies = [ua.SecurityPolicyType.Basic256Sha256_Sign]
    await plc.start()
    async with reading(plc, profile, secure(ours)) as read:
        await until(
            lambda: read.says("sign-and-encrypt", "It offers: Sign Basic256Sha256"), "offers"
        )


@pytest.mark.parametrize("mode", [SecurityMode.SIGN, SecurityMode.SIGN_AND_ENCRYPT])
async def test_a_user_logs_in_with_a_password(
    plc: Plc, profile: Profile, ours: CertificateDirectory, mode: SecurityMode
) -> None:
    plc.tokens = [ua.UserNameIdentityToken]
    await plc.start()
    async with reading(
        plc, profile, secure(ours, mode=mode, user="lineside", password="s3cret")
    ) as read:
        await until(lambda: read.connected, "values")


async def test_a_wrong_password_is_explained_and_never_shown(
    plc: Plc, profile: Profile, ours: CertificateDirectory
) -> None:
    plc.tokens = [ua.UserNameIdentityToken]
    await plc.start()
    security = secure(ours, user="lineside", password="wr0ng-word")
    async with reading(plc, profile, security) as read:
        await until(
            lambda: read.says("refused user 'lineside'", "password in the environment"), "why"
        )
    assert not read.says("wr0ng-word")
    assert "wr0ng-word" not in repr(security)


async def test_a_user_logs_in_with_a_certificate(
    plc: Plc, profile: Profile, ours: CertificateDirectory, tmp_path: Path
) -> None:
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    certificate: x509.Certificate = self_signed(key, name="user", host="user", now=NOW)
    (tmp_path / "user.der").write_bytes(certificate.public_bytes(Encoding.DER))
    (tmp_path / "user.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    plc.tokens, plc.users.anybody = [ua.X509IdentityToken], False
    plc.users.certificate = certificate.public_bytes(Encoding.DER)
    await plc.start()
    async with reading(plc, profile, secure(ours)) as read:
        await until(lambda: bool(read.faults), "nobody comes in without one")
    security = secure(ours, user_certificate=tmp_path / "user.der", user_key=tmp_path / "user.pem")
    async with reading(plc, profile, security) as read:
        await until(lambda: read.connected, "values")


async def test_a_secure_server_that_restarts_with_other_node_ids_is_read_again(
    plc: Plc, profile: Profile, ours: CertificateDirectory
) -> None:
    await plc.start()
    async with reading(plc, profile, secure(ours)) as read:
        await until(lambda: read.connected, "values")
        await plc.stop()
        await until(lambda: bool(read.faults), "the loss")
        read.values.clear()
        await plc.start()
        await until(lambda: read.connected, "values again")
