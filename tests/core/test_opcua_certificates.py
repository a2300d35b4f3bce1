"""`lineside-edge certificate`, and the settings of secured OPC UA servers."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509

from device_profiles.program import SettingsFaults
from edge.certificates import (
    CertificateDirectory,
    CertificateFault,
    application_uris,
    load,
    thumbprint,
)
from edge.compose import load_config, main
from edge.opcua_security import SecurityMode, SecurityPolicy

pytestmark = pytest.mark.usefixtures("own_logging")

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
SECURED = """\
agent = "edge-moulding"
data_directory = "var/x"
[security.imm1]
mode = "sign-and-encrypt"
user = "lineside"
"""


def command(directory: Path, *words: str) -> int:
    return main(["certificate", "--directory", str(directory), *words])


def test_a_certificate_is_made_shown_and_never_replaced_by_accident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(tmp_path, "create", "--name", "edge-1", "--host", "edge-pc") == 0
    own = load(tmp_path / "own" / "certificate.der")
    assert application_uris(own) == ["urn:edge-pc:lineside:edge:edge-1"]
    assert (tmp_path / "own" / "private.pem").stat().st_mode & 0o777 == 0o600
    assert command(tmp_path, "create") == 1
    assert "--renew" in capsys.readouterr().out
    assert command(tmp_path, "create", "--renew") == 0
    assert load(tmp_path / "own" / "certificate.der") != own
    assert command(tmp_path, "show") == 0
    assert "application URI  urn:" in capsys.readouterr().out


def test_a_certificate_suits_opc_ua(tmp_path: Path) -> None:
    certificate = (
        CertificateDirectory(tmp_path).create(name="e", host="10.0.0.9", now=NOW).certificate
    )
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.content_commitment
    assert usage.key_encipherment
    assert usage.data_encipherment
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.9"]


def test_a_rejected_certificate_is_listed_and_trusted_by_its_thumbprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stranger = (
        CertificateDirectory(tmp_path / "s").create(name="plc", host="plc", now=NOW).certificate
    )
    ours = CertificateDirectory(tmp_path / "e")
    ours.reject(stranger)
    assert not ours.trusts(stranger)
    assert command(tmp_path / "e", "list") == 0
    assert f"rejected  {thumbprint(stranger)}" in capsys.readouterr().out
    assert command(tmp_path / "e", "trust", thumbprint(stranger)[:8].upper()) == 0
    assert ours.trusts(stranger)
    assert [held.where for held in ours.held()] == ["trusted"]


def test_an_unknown_thumbprint_is_refused_with_those_there_are(tmp_path: Path) -> None:
    ours = CertificateDirectory(tmp_path)
    ours.create(name="e", host="e", now=NOW)
    with pytest.raises(CertificateFault, match=f"known: {thumbprint(ours.own())[:8]}"):
        ours.trust("ffffffff")


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.der").write_bytes(b"nothing")
    with pytest.raises(CertificateFault, match=r"x\.der is no certificate"):
        CertificateDirectory(tmp_path).trust(str(tmp_path / "x.der"))


def settings(tmp_path: Path, text: str, **environment: str):
    file = tmp_path / "edge.toml"
    file.write_text(text)
    return load_config(file, environment)


def test_security_is_read_with_the_password_from_the_environment(tmp_path: Path) -> None:
    config = settings(tmp_path, SECURED, LINESIDE_OPCUA_PASSWORD_IMM1="s3cret")
    security = config.security["imm1"]
    assert (security.mode, security.policy) == (
        SecurityMode.SIGN_AND_ENCRYPT,
        SecurityPolicy.BASIC256SHA256,
    )
    assert (security.user, security.password) == ("lineside", "s3cret")
    assert security.certificates == tmp_path / "var/x/certificates"
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("sign-and-encrypt", "secret"), "mode is 'secret'; write one of none, sign"),
        (('mode = "sign-and-encrypt"', ""), "can be overheard"),
        (
            ('user = "lineside"', 'user = "lineside"\npassword = "x"'),
            "security.imm1.password is a secret",
        ),
        (("imm1", "imm9"), "unknown key 'security.imm9.mode'"),
        (('user = "lineside"', 'user_certificate = "none.der"'), "user_key are given together"),
    ],
)
def test_what_is_wrong_with_security_is_said(
    tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    with pytest.raises(SettingsFaults, match=r"edge\.toml") as caught:
        settings(tmp_path, SECURED.replace(*change), LINESIDE_OPCUA_PASSWORD_IMM1="s3cret")
    assert said in str(caught.value)


def test_a_user_without_a_password_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(SettingsFaults, match="LINESIDE_OPCUA_PASSWORD_IMM1"):
        settings(tmp_path, SECURED)
