"""The plant's authority, and what a connection's error says when a certificate is not right (real TLS, in memory)."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from device_profiles.link_words import plain_fault
from device_profiles.trust import client_context, server_context, trust_faults
from gateway.plant_security.authority import AuthorityFault, PlantAuthority, host_names

NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def authority(tmp_path: Path) -> PlantAuthority:
    made = PlantAuthority(tmp_path / "plant")
    made.create(plant="Works", now=NOW - 400 * DAY)
    return made


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "broker.plant") -> None:
    """A handshake in memory; raises what either side has against the other."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        for side in [*sides]:
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            sides.remove(side)
        if not sides:
            return
    raise AssertionError("the handshake does not end")


def complaint(server: ssl.SSLContext, client: ssl.SSLContext, host: str = "broker.plant") -> str:
    with pytest.raises(ssl.SSLError) as caught:
        handshake(server, client, host)
    return plain_fault(caught.value)


def broker(authority: PlantAuthority, *, at: datetime = NOW, days: int = 30) -> ssl.SSLContext:
    authority.issue("broker", hosts=["broker.plant", "10.0.0.5"], now=at, days=days)
    own = authority.root / "broker"
    return server_context(own / "certificate.pem", own / "key.pem")


def test_whoever_trusts_the_authority_reaches_the_broker_by_each_of_its_names(
    authority: PlantAuthority,
) -> None:
    server, client = broker(authority), client_context(authority.ca_file)
    for host in ("broker.plant", "10.0.0.5"):
        handshake(server, client, host)


def test_an_expired_certificate_is_called_so(authority: PlantAuthority) -> None:
    said = complaint(broker(authority, at=NOW - 60 * DAY), client_context(authority.ca_file))
    assert "has expired; renew it" in said


def test_one_that_is_not_valid_yet_sends_people_to_the_clock(authority: PlantAuthority) -> None:
    said = complaint(broker(authority, at=NOW + 10 * DAY), client_context(authority.ca_file))
    assert "is not valid yet; is the clock right" in said


@pytest.mark.parametrize("host", ["other.plant", "10.0.0.6"])
def test_another_name_is_said_with_what_to_do(authority: PlantAuthority, host: str) -> None:
    said = complaint(broker(authority), client_context(authority.ca_file), host)
    assert "is for another host" in said
    assert host in said
    assert "--host" in said


def test_an_authority_that_nobody_knows_is_said(authority: PlantAuthority, tmp_path: Path) -> None:
    stranger = PlantAuthority(tmp_path / "stranger")
    stranger.create(plant="Elsewhere", now=NOW)
    for client in (client_context(stranger.ca_file), client_context(None)):
        assert "ca_file name the plant's ca.pem" in complaint(broker(authority), client)


def test_a_server_that_speaks_no_tls_is_said() -> None:
    client, answer = client_context(None), ssl.MemoryBIO()
    side = client.wrap_bio(answer, ssl.MemoryBIO(), server_hostname="h")
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    answer.write(b"\x20\x02\x00\x00 this is no TLS at all")
    with pytest.raises(ssl.SSLError) as caught:
        side.do_handshake()
    assert "does not speak TLS on this port" in plain_fault(caught.value)


def demanding(authority: PlantAuthority) -> ssl.SSLContext:
    server = broker(authority)
    server.load_verify_locations(authority.ca_file)
    server.load_verify_locations(authority.crl_file)
    server.verify_mode = ssl.CERT_REQUIRED
    server.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    server.maximum_version = ssl.TLSVersion.TLSv1_2  # both sides then learn of it in the handshake
    return server


def member(authority: PlantAuthority, name: str) -> ssl.SSLContext:
    own = authority.root / name
    return client_context(authority.ca_file, own / "certificate.pem", own / "key.pem")


def test_a_client_certificate_opens_the_door_until_it_is_revoked(authority: PlantAuthority) -> None:
    for name in ("edge-1", "edge-2"):
        authority.issue(name, now=NOW)
        handshake(demanding(authority), member(authority, name))
    assert authority.revoke("edge-1", now=NOW) == 1
    with pytest.raises(ssl.SSLError, match="revoked"):
        handshake(demanding(authority), member(authority, "edge-1"))
    handshake(demanding(authority), member(authority, "edge-2"))
    assert authority.revoke("edge-2", now=NOW) == 1
    states = {issued.name: issued.state(NOW) for issued in authority.issued()}
    assert states["edge-1"].startswith("revoked on")
    assert states["edge-2"].startswith("revoked on")
    with pytest.raises(AuthorityFault, match="no certificate that could be revoked"):
        authority.revoke("edge-1", now=NOW)


def test_a_clients_certificate_makes_no_server(authority: PlantAuthority) -> None:
    authority.issue("edge-1", now=NOW)
    own = authority.root / "edge-1"
    posing = server_context(own / "certificate.pem", own / "key.pem")
    assert complaint(posing, client_context(authority.ca_file))


def test_states_say_when_renewal_is_due(authority: PlantAuthority) -> None:
    issued = authority.issue("broker", hosts=["h"], now=NOW, days=100)
    assert host_names(issued.certificate) == ["h"]
    assert issued.state(NOW) == f"valid until {NOW + 100 * DAY:%Y-%m-%d}"
    assert issued.state(NOW + 80 * DAY).endswith("renew it now")
    assert issued.state(NOW + 101 * DAY).startswith("expired on")
    assert "clock right?" in issued.state(NOW - 2 * DAY)


def test_there_is_one_authority_and_its_key_is_private(authority: PlantAuthority) -> None:
    with pytest.raises(AuthorityFault, match="holds an authority already"):
        authority.create(plant="Works", now=NOW)
    for private in (authority.root / "authority", authority.root / "authority" / "key.pem"):
        assert private.stat().st_mode & 0o077 == 0
    (authority.root / "authority" / "key.pem").chmod(0o644)
    with pytest.raises(AuthorityFault, match="chmod 600"):
        authority.issue("edge-1", now=NOW)


@pytest.mark.parametrize("name", ["authority", "trust", "../x", "a b", ""])
def test_what_would_write_elsewhere_is_no_name(authority: PlantAuthority, name: str) -> None:
    with pytest.raises(AuthorityFault, match="is no name"):
        authority.issue(name, now=NOW)


def test_without_an_authority_the_command_for_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(AuthorityFault, match="create-authority"):
        PlantAuthority(tmp_path).issue("edge-1", now=NOW)


@pytest.fixture
def files(authority: PlantAuthority) -> Path:
    authority.issue("a", now=NOW)
    authority.issue("b", now=NOW)
    return authority.root


def test_files_that_do_not_fit_are_found_at_the_start(files: Path) -> None:
    a, b = files / "a", files / "b"
    assert trust_faults(a / "ca.pem", a / "certificate.pem", a / "key.pem") == []
    ((_, mixed),) = trust_faults(None, a / "certificate.pem", b / "key.pem")
    assert "are not a certificate" in mixed
    assert trust_faults(a / "key.pem", None, None)[0][0] == "ca_file"
    assert "together" in trust_faults(None, a / "certificate.pem", None)[0][1]
    (a / "key.pem").chmod(0o644)
    assert "chmod 600" in trust_faults(None, a / "certificate.pem", a / "key.pem")[0][1]
