"""The agent's settings: everything wrong is said at once; endpoints of the site override the plant file's."""

import subprocess
import sys
from pathlib import Path

import pytest

from device_profiles.catalog import BUILTIN
from device_profiles.program import SettingsFaults
from edge.compose import load_config, main

pytestmark = pytest.mark.usefixtures("own_logging")

GOOD = """\
agent = "edge-moulding"
data_directory = "var/x"
[mqtt]
url = "mqtt://10.0.0.1:1884"
[endpoints]
imm1 = "opc.tcp://10.0.0.5:4840/moulder"
"""


def load(tmp_path: Path, text: str, **environment: str):
    file = tmp_path / "edge.toml"
    file.write_text(text)
    return load_config(file, environment)


def test_settings_name_the_agent_its_broker_and_its_endpoints(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD, LINESIDE_MQTT_USERNAME="edge", LINESIDE_MQTT_PASSWORD="pass-7")
    assert (config.broker.host, config.broker.port) == ("10.0.0.1", 1884)
    assert (config.broker.username, config.broker.password) == ("edge", "pass-7")
    assert config.plant.devices["imm1"].endpoint == "opc.tcp://10.0.0.5:4840/moulder"
    assert config.plant.devices["resin-scale"].endpoint == "modbus-tcp://127.0.0.1:5020?unit=1"


def test_the_environment_may_name_the_broker(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD, LINESIDE_MQTT_URL="mqtt://broker:1999").broker.host == "broker"


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("edge-moulding", "edge-moldin").replace("imm1", "imm9")
    text = text.replace("mqtt://", "http://").replace("[mqtt]", '[mqtt]\npassword = "p"')
    with pytest.raises(SettingsFaults) as caught:
        load(tmp_path, text)
    said = [line.removeprefix(str(tmp_path)) for line in caught.value.faults]
    assert [line.split(";")[0] for line in said] == [
        "/edge.toml:1: 'edge-moldin' reads no device of kettle-works",
        "/edge.toml:4: mqtt.password is a secret",
        "/edge.toml:5: mqtt.url: 'http://10.0.0.1:1884' is not a broker",
        "/edge.toml:7: 'imm9' is no device of the plant",
    ]


def test_faults_of_the_plant_file_are_part_of_it(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text("schema: lineside.plant/1\nsite: x\n")
    with pytest.raises(SettingsFaults) as caught:
        load(tmp_path, f'agent = "a"\nplant = "{tmp_path}/plant.yaml"\n')
    assert any("plant.yaml:1: time_zone is missing" in line for line in caught.value.faults)


def test_check_names_what_is_right_and_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = BUILTIN / "counters" / "adam-6051.yaml"
    assert main(["check", str(profile), str(BUILTIN / "plants" / "kettle-works.yaml")]) == 0
    assert "profile adam-6051-low-word, 3 signals, no faults" in capsys.readouterr().out
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(profile.read_text().replace("type: u16", "type: u61"))
    assert main(["check", str(wrong)]) == 1
    assert "type is 'u61'; write one of bool, u16" in capsys.readouterr().err


def test_a_wrong_configuration_ends_the_program_with_status_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "nowhere.toml")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_help_shows_a_configuration_file() -> None:
    command = [sys.executable, "-m", "edge.compose", "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert 'agent = "edge-moulding"' in shown
    assert "LINESIDE_MQTT_PASSWORD" in shown
