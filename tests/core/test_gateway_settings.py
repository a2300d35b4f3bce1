"""The gateway's settings: what is right is taken, and everything that is wrong is said at once, with its line."""

from pathlib import Path

import pytest

from device_profiles.catalog import BUILTIN
from device_profiles.program import SettingsFaults
from gateway.compose import Config, load_config, main

SECRETS = {"LINESIDE_GATEWAY_TOKEN": "s3cret"}
GOOD = """\
[gateway]
name = "gate-2"
plant = "kettle-works"
[mqtt]
url = "mqtts://broker.example"
[server]
url = "https://mes.example/"
[namespace]
enabled = false
"""


def load(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    file = tmp_path / "gateway.toml"
    file.write_text(text)
    return load_config(file, SECRETS if environment is None else environment)


def faults(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsFaults) as caught:
        load(tmp_path, text, environment)
    return str(caught.value)


def test_a_complete_file_is_read(tmp_path: Path) -> None:
    config = load(tmp_path, GOOD)
    assert (config.name, config.plant.site, config.namespace) == ("gate-2", "kettle-works", False)
    assert (config.bus.host, config.bus.port, config.bus.tls) == ("broker.example", 8883, True)
    assert config.server_url == "https://mes.example"
    assert config.token == "s3cret"
    assert "s3cret" not in repr(config)


def test_the_environment_overrides_addresses_and_brings_the_secrets(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        GOOD,
        {
            **SECRETS,
            "LINESIDE_MQTT_URL": "mqtt://127.0.0.1:2883",
            "LINESIDE_SERVER_URL": "http://127.0.0.1:9",
            "LINESIDE_MQTT_USERNAME": "u",
            "LINESIDE_MQTT_PASSWORD": "p",
        },
    )
    assert (config.bus.host, config.bus.port, config.bus.tls) == ("127.0.0.1", 2883, False)
    assert (config.bus.username, config.bus.password) == ("u", "p")
    assert config.server_url == "http://127.0.0.1:9"


def test_a_plant_file_lies_beside_the_settings(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text(
        "schema: lineside.plant/1\nsite: works\nname: {en: Works}\ntime_zone: UTC\n"
        "equipment:\n  - {path: a, name: {en: A}}\ndevices: []\n"
    )
    config = load(tmp_path, '[gateway]\nplant = "plant.yaml"\n')
    assert config.plant.site == "works"


def test_everything_that_is_wrong_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    said = faults(
        tmp_path,
        '[gateway]\nplant = "soap-works"\n[mqtt]\nurl = "tcp://x"\npassword = "p"\nca_file = "no.pem"\n'
        '[server]\nurl = "ftp://x"\nuri = "x"\n[log]\nlevel = "loud"\n',
        {},
    )
    for expected in (
        "gateway.toml:2: no plant is called 'soap-works'",
        "gateway.toml:4: mqtt.url: 'tcp://x' is not a broker",
        "gateway.toml:5: mqtt.password is a secret",
        "gateway.toml:6: mqtt.ca_file: there is no file 'no.pem'",
        "gateway.toml:8: server.url must begin with http",
        "gateway.toml:9: unknown key 'server.uri'; did you mean 'server.url'",
        "gateway.toml:11: log.level must be",
        "set LINESIDE_GATEWAY_TOKEN",
    ):
        assert expected in said


def test_a_broken_plant_file_is_a_fault_of_the_settings(tmp_path: Path) -> None:
    (tmp_path / "plant.yaml").write_text("schema: lineside.plant/1\nsite: works\ncolour: red\n")
    assert "colour" in faults(tmp_path, '[gateway]\nplant = "plant.yaml"\n')


def test_credentials_do_not_belong_in_the_brokers_url(tmp_path: Path) -> None:
    text = '[gateway]\nplant = "kettle-works"\n[mqtt]\nurl = "mqtt://u:p@x:1"\n'
    assert "credentials come from the environment" in faults(tmp_path, text)


def test_the_program_ends_with_status_2_and_names_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--config", "/nowhere/gateway.toml"]) == 2
    assert "/nowhere/gateway.toml: cannot be read" in capsys.readouterr().err


def test_a_plant_with_profiles_of_its_own_is_read(tmp_path: Path) -> None:
    moxa = (BUILTIN / "counters" / "moxa-e1212.yaml").read_text(encoding="utf-8")
    own = moxa.replace("id: moxa-iologik-e1212", "id: our-counter")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "our-counter.yaml").write_text(own, encoding="utf-8")
    (tmp_path / "works.yaml").write_text(
        "schema: lineside.plant/1\nsite: works\nname: {en: Works}\ntime_zone: UTC\nequipment:\n"
        "  - {path: a, name: {en: A}}\n  - {path: a/l, name: {en: L}}\n  - {path: a/l/u, name: {en: U}}\n"
        "devices:\n  - {id: c1, equipment: a/l/u, profile: our-counter, agent: e1, "
        'endpoint: "modbus-tcp://127.0.0.1:502?unit=1"}\n',
        encoding="utf-8",
    )
    settings = GOOD.replace('"kettle-works"', '"works.yaml"')
    assert "our-counter" in faults(tmp_path, settings)
    with_profiles = settings.replace("[mqtt]", 'profile_directory = "ours"\n[mqtt]', 1)
    assert load(tmp_path, with_profiles).plant.devices["c1"].profile.id == "our-counter"


def test_the_sparkplug_node_is_named_after_site_and_gateway_unless_the_file_says_otherwise(
    tmp_path: Path,
) -> None:
    assert load(tmp_path, GOOD).sparkplug is None
    node = load(tmp_path, GOOD + "[sparkplug]\nenabled = true\n").sparkplug
    assert node is not None
    assert (node.group, node.node, node.primary_host) == ("kettle-works", "gate-2", None)
    own = '[sparkplug]\nenabled = true\ngroup = "Works"\nnode = "mes"\nprimary_host = "scada"\n'
    node = load(tmp_path, GOOD + own).sparkplug
    assert node is not None
    assert node.filters == ("spBv1.0/Works/NCMD/mes", "spBv1.0/STATE/scada")


def test_names_that_no_sparkplug_topic_can_hold_are_refused(tmp_path: Path) -> None:
    said = faults(tmp_path, GOOD + '[sparkplug]\nenabled = true\ngroup = "STATE"\nnode = "a/b"\n')
    assert "sparkplug.node: 'a/b'" in said
    assert "sparkplug.group: STATE is where" in said


def test_one_variable_of_the_environment_switches_what_is_told_northbound(tmp_path: Path) -> None:
    def switched(**said: str) -> Config:
        return load(tmp_path, GOOD, {**SECRETS, **said})

    assert switched(LINESIDE_SPARKPLUG="on").sparkplug is not None
    assert switched(LINESIDE_SPARKPLUG="Yes", LINESIDE_NAMESPACE="on").namespace
    assert switched(LINESIDE_SPARKPLUG="off").sparkplug is None
    assert not switched(LINESIDE_SPARKPLUG="").namespace, "as the file says"
    wrong = faults(tmp_path, GOOD, {**SECRETS, "LINESIDE_SPARKPLUG": "maybe"})
    assert "LINESIDE_SPARKPLUG must be one of true, yes, on, false, no, off" in wrong


def test_what_the_containers_say_is_understood() -> None:
    told = Path(__file__).parents[2].joinpath("docker-compose.yml").read_text()
    assert "LINESIDE_SPARKPLUG: ${LINESIDE_SPARKPLUG:-off}" in told
    assert "LINESIDE_NAMESPACE: ${LINESIDE_NAMESPACE:-on}" in told
