"""Secrets stay secret: private files only, no placeholders, none of the demo's, and never in a text that people see."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import edge.compose
import gateway.compose
import hmi.compose
import mes_server.settings
from device_profiles.broker import Broker, device_broker, parse_bus_url
from device_profiles.endpoint import shown
from device_profiles.program import Settings, SettingsFaults
from device_profiles.secrets_file import DEMO_PREFIX, PLACEHOLDERS, read_secrets

SECRET = "kq7-very-secret-0815"


def private(file: Path, text: str) -> Path:
    file.touch(mode=0o600)
    file.write_text(text)
    return file


def settings_of(directory: Path, **environment: str) -> Settings:
    (directory / "x.toml").write_text('secrets_file = "secrets.env"\n')
    return Settings.load(directory / "x.toml", environment=environment)


def test_secrets_come_from_a_private_file_and_the_environment_wins(tmp_path: Path) -> None:
    text = f'# for one\nLINESIDE_A="{SECRET}"\n\nexport LINESIDE_B = b\nLINESIDE_C=c=d\n'
    private(tmp_path / "secrets.env", text)
    settings = settings_of(tmp_path, LINESIDE_B="other")
    found = [settings.secret(key, env=f"LINESIDE_{key.upper()}") for key in "abc"]
    settings.finish()
    assert found == [SECRET, "other", "c=d"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602, 0o604, 0o610])
def test_a_file_that_others_may_touch_is_not_read(tmp_path: Path, mode: int) -> None:
    file = private(tmp_path / "secrets.env", f"LINESIDE_A={SECRET}\n")
    file.chmod(mode)
    settings = settings_of(tmp_path)
    settings.secret("a", env="LINESIDE_A")
    with pytest.raises(SettingsFaults) as caught:
        settings.finish()
    assert f"(mode {mode:04o}); run: chmod 600" in str(caught.value)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    "line", [SECRET, f"PASSWORD={SECRET}", f"lineside_a={SECRET}", f"= {SECRET}"]
)
def test_a_line_that_is_none_is_named_by_number_and_not_quoted(tmp_path: Path, line: str) -> None:
    kept = read_secrets(private(tmp_path / "s.env", f"LINESIDE_A=x\n{line}\n"))
    assert kept.faults == (f"{tmp_path}/s.env:2: write LINESIDE_NAME=value",)
    assert SECRET not in repr(kept)


def test_what_is_no_text_or_no_file_is_said(tmp_path: Path) -> None:
    binary = tmp_path / "b.env"
    binary.touch(mode=0o600)
    binary.write_bytes(b"\xff\xfe")
    assert "cannot be read as text" in read_secrets(binary).faults[0]
    assert (
        "no file" in read_secrets(tmp_path).faults[0]
        or "others" in read_secrets(tmp_path).faults[0]
    )
    assert "cannot be read" in read_secrets(tmp_path / "absent").faults[0]


@pytest.mark.parametrize("value", [*sorted(PLACEHOLDERS), "CHANGEME", " password "])
def test_no_program_starts_with_a_placeholder(value: str) -> None:
    settings = Settings("", file="x", environment={"LINESIDE_A": value})
    settings.secret("a", env="LINESIDE_A")
    with pytest.raises(SettingsFaults, match="placeholder that everybody knows"):
        settings.finish()


def test_a_secret_of_the_demo_is_refused_outside_it() -> None:
    given = {"LINESIDE_A": DEMO_PREFIX + SECRET}
    plant, demo = (
        Settings("", file="x", environment={**given, **more})
        for more in ({}, {"LINESIDE_DEMO": "yes"})
    )
    assert demo.secret("a", env="LINESIDE_A").endswith(SECRET)
    demo.finish()
    plant.secret("a", env="LINESIDE_A")
    with pytest.raises(SettingsFaults, match="secret of the demo") as caught:
        plant.finish()
    assert SECRET not in str(caught.value)


def test_no_configuration_shows_its_secrets(tmp_path: Path) -> None:
    environment = {
        f"LINESIDE_{name}": SECRET
        for name in (
            "GATEWAY_TOKEN", "HMI_TOKEN", "ADMIN_TOKEN", "MQTT_PASSWORD", "HMI_STORAGE_SECRET",
            "OPCUA_PASSWORD_IMM1",
        )
    }  # fmt: skip
    environment |= {
        "LINESIDE_MQTT_USERNAME": "u",
        "LINESIDE_DATABASE_URL": f"postgresql://lineside:{SECRET}@db/lineside",
    }
    for name, text in {
        "edge": 'agent = "edge-moulding"\n[security.imm1]\nmode = "sign-and-encrypt"\nuser = "u"\n',
        "gateway": '[gateway]\nplant = "kettle-works"\n',
        "hmi": "",
        "mes": "",
    }.items():
        (tmp_path / f"{name}.toml").write_text(text)
    configurations = (
        edge.compose.load_config(tmp_path / "edge.toml", environment),
        gateway.compose.load_config(tmp_path / "gateway.toml", environment),
        hmi.compose.load_config(tmp_path / "hmi.toml", environment=environment),
        mes_server.settings.load_config(tmp_path / "mes.toml", environment),
    )
    for configuration in configurations:
        assert SECRET not in repr(configuration)


@pytest.mark.parametrize(
    "url",
    [
        f"mqtt://u:{SECRET}@h:1",
        f"tcp://u:{SECRET}@h",
        f"mqtt://u:{SECRET}@h:port",
        f"mqtts://:{SECRET}@",
    ],
)
def test_a_password_in_the_brokers_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="write") as caught:
        parse_bus_url(url)
    assert SECRET not in str(caught.value)


@given(st.text(st.characters(categories=("L", "N")), min_size=6, max_size=12))
def test_an_endpoint_is_shown_without_its_password(password: str) -> None:
    assert shown(f"mqtt://user:{password}@10.0.0.1:1883/a/b") == "mqtt://user:…@10.0.0.1:1883/a/b"
    assert shown("opc.tcp://10.0.0.1:4840/a@b:c") == "opc.tcp://10.0.0.1:4840/a@b:c"


PLANT = Broker(host="bus", port=8883, username="edge-1", password=SECRET, tls=True)


@pytest.mark.parametrize(
    ("endpoint", "username"),
    [
        ("mqtts://bus:8883/a", "edge-1"),
        ("sparkplugs://bus:8883/g/n", "edge-1"),
        ("mqtt://bus:1884/a", None),
        ("mqtts://elsewhere:8883/a", None),
        ("mqtt://own:pass@elsewhere:1883/a", "own"),
    ],
)
def test_the_buss_password_goes_to_the_bus_alone_and_never_over_an_open_line(
    endpoint: str, username: str | None
) -> None:
    there = device_broker(endpoint, PLANT)
    assert there.username == username
    assert (there.password == SECRET) == (username == "edge-1")
    assert SECRET not in repr(there)


def test_a_password_that_can_be_overheard_is_noticed() -> None:
    assert Broker(host="10.0.0.1", port=1883, username="u", password="p").tells_password_in_clear
    assert not Broker(
        host="127.0.0.1", port=1883, username="u", password="p"
    ).tells_password_in_clear
    assert not PLANT.tells_password_in_clear
