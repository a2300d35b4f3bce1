"""The gateway as a program: it starts from its settings, trusts only whom it is told to, and stops when it is told to."""

import asyncio
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from device_profiles.broker import Broker
from tests.conformance.gateway_rig import (
    Agent,
    MesServer,
    PlantBroker,
    running_broker,
    running_gateway,
    running_server,
    until,
)

PROGRAM = "import sys; from gateway.compose import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def server() -> Iterator[MesServer]:
    with running_server() as server:
        yield server


async def test_the_program_relays_facts_and_ends_cleanly_on_sigterm(
    tmp_path: Path, server: MesServer
) -> None:
    settings = tmp_path / "gateway.toml"
    with running_broker(tmp_path) as broker:
        settings.write_text(
            f'[gateway]\nplant = "kettle-works"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
            f'[server]\nurl = "{server.url}"\n'
        )
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            PROGRAM,
            "--config",
            str(settings),
            env={**os.environ, "LINESIDE_GATEWAY_TOKEN": "gate"},
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            agent = Agent(broker.port)
            await agent.deliver(50)
        finally:
            program.terminate()
            async with asyncio.timeout(10):
                _, log = await program.communicate()
    assert server.sequences() == list(range(1, 51))
    assert program.returncode == 0
    assert b'"event": "stopped"' in log
    assert b"Traceback" not in log


def certificate(directory: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that only those trust who are told to, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = directory / "broker.pem", directory / "broker.key"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


@pytest.fixture
def secure_broker(tmp_path: Path) -> Iterator[PlantBroker]:
    cert_file, key_file = certificate(tmp_path)
    tls = f'[v5.1.tls]\ncertpath = "{cert_file}"\nkeypath = "{key_file}"\n'
    with running_broker(tmp_path, more=tls) as broker:
        yield broker


async def test_over_tls_it_connects_to_a_broker_whose_certificate_it_is_told_to_trust(
    tmp_path: Path, secure_broker: PlantBroker, server: MesServer
) -> None:
    address = Broker(
        host="127.0.0.1", port=secure_broker.port, tls=True, ca_file=tmp_path / "broker.pem"
    )
    async with running_gateway(secure_broker, server, address=address) as gateway:
        assert gateway.bus.connected


async def test_over_tls_it_refuses_a_broker_that_it_does_not_know(
    secure_broker: PlantBroker, server: MesServer
) -> None:
    address = Broker(host="127.0.0.1", port=secure_broker.port, tls=True)
    async with running_gateway(secure_broker, server, address=address, connects=False) as gateway:
        await until(lambda: gateway.counters.reconnects >= 2, "it tried twice")
        assert not gateway.bus.connected
