"""docker-compose.yml is valid, keeps no secret, and runs programs and settings that exist.

compose-spec.json is the Compose Specification's own schema (Apache-2.0), unchanged, as the PyPI
package check-jsonschema 0.39.0 carries it.
"""

import copy
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from gateway.compose import main as gateway

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
CONFIG = ROOT / "docker" / "config"
SCHEMA = json.loads((Path(__file__).parent / "compose-spec.json").read_text())
REQUIRED = re.compile(r"\$\{(\w+):\?[^}]+\}")
DEFAULTED = re.compile(r"\$\{(\w+):-[^}]*\}")


def validate(document: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(document)


def test_it_is_valid_by_the_compose_specification() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    validate(COMPOSE)


@pytest.mark.parametrize(
    ("key", "nonsense"),
    [("healthcheck", "yes"), ("restrat", "always"), ("ports", [{"target": []}])],
)
def test_the_schema_notices_nonsense(key: str, nonsense: object) -> None:
    broken = copy.deepcopy(COMPOSE)
    broken["services"]["mes"][key] = nonsense
    with pytest.raises(jsonschema.ValidationError):
        validate(broken)


def test_database_broker_and_the_five_programs_are_there() -> None:
    assert SERVICES["db"]["image"].startswith("timescale/timescaledb:")
    assert SERVICES["mqtt"]["image"].startswith("eclipse-mosquitto:")
    programs = {service["command"][0] for service in OURS.values()}
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert programs == set(scripts) - {"lineside-demo", "lineside-simulate"}
    assert SERVICES["simulator"]["profiles"] == ["demo"]


def test_every_variable_is_demanded_by_name_or_has_a_default() -> None:
    every = set(re.findall(r"(?<!\$)\$\{?(\w+)", TEXT))
    assert every == set(REQUIRED.findall(TEXT)) | set(DEFAULTED.findall(TEXT))


def test_the_example_of_env_names_every_demanded_variable_and_no_value() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert set(named) == set(REQUIRED.findall(TEXT))
    assert set(named.values()) == {""}


def test_no_secret_has_a_value_in_the_repository() -> None:
    secret = re.compile(r"^ *\w*(PASSWORD|TOKEN|SECRET)\w*:\s*+(?!\$\{\w+:\?)\S", re.IGNORECASE)
    lines = [line for line in TEXT.splitlines() if not line.startswith("#")]
    assert [line for line in lines if secret.search(line)] == []
    for file in CONFIG.glob("*.toml"):
        assert not re.search(r"(password|token|secret)\s*=", file.read_text()), file.name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_is_watched_restarted_and_bounded(name: str) -> None:
    service = SERVICES[name]
    check = service["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries", "start_period"} <= set(check)
    assert service["restart"] == "unless-stopped"
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_program_has_its_settings_file_and_no_privileges(name: str) -> None:
    service = OURS[name]
    program, flag, file = service["command"]
    assert program.startswith("lineside-")
    assert flag == "--config"
    assert (CONFIG / Path(file).name).is_file()
    assert "./docker/config:/etc/lineside:ro" in service["volumes"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_volumes_are_declared_and_used() -> None:
    mounted = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    named = {volume.split(":")[0] for volume in mounted if not volume.startswith(".")}
    assert named == set(COMPOSE["volumes"])
    bound = [volume.split(":")[0] for volume in mounted if volume.startswith(".")]
    assert [path for path in bound if not (ROOT / path).is_dir()] == []


def test_only_the_screens_are_open_to_the_plants_network() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"mes": ["127.0.0.1:8000:8000"], "hmi": ["8080:8080"]}


def test_the_plant_of_the_containers_is_the_demo_plant_at_other_addresses() -> None:
    builtin = ROOT / "device_profiles" / "plants" / "kettle-works.yaml"
    here, there = (yaml.safe_load(p.read_text()) for p in (builtin, CONFIG / "plant.yaml"))
    hosts = {"simulator": "127.0.0.1", "mqtt:1884": "127.0.0.1:1883"}
    for device in there["devices"]:
        for ours, theirs in hosts.items():
            device["endpoint"] = device["endpoint"].replace(f"//{ours}", f"//{theirs}")
    assert there == here


def test_the_brokers_files_are_those_that_the_plant_file_asks_for(tmp_path: Path) -> None:
    words = ["--seen-at", "/mosquitto/config", "--password-file", "/run/lineside/passwords"]
    words += ["--certificates", "/run/lineside", "--machines-port", "1884", "--reader", "reader"]
    plant = str(CONFIG / "plant.yaml")
    assert (
        gateway(
            ["broker", "--plant", plant, "--directory", str(tmp_path), *words, "--no-passwords"]
        )
        == 0
    )
    for made in tmp_path.iterdir():
        assert (ROOT / "docker" / "mosquitto" / made.name).read_text() == made.read_text()


def test_every_account_has_a_password_of_its_own_and_none_is_an_argument() -> None:
    accounts = re.findall(
        r"^user (\S+)$", (ROOT / "docker/mosquitto/acl").read_text(), re.MULTILINE
    )
    start = (ROOT / "docker/mosquitto/start.sh").read_text()
    assert sorted(re.findall(r"printf '([\w-]+):%s", start)) == sorted(accounts)
    assert not re.search(
        r"(mosquitto_passwd|mosquitto_sub|mosquitto_pub)[^\n]*(PASSWORD| -P )", start + TEXT
    )
    used = {
        s["environment"]["LINESIDE_MQTT_USERNAME"]
        for s in OURS.values()
        if "LINESIDE_MQTT_USERNAME" in s.get("environment", {})
    }
    assert used == set(accounts) - {"reader"}


def test_the_image_is_locked_and_unprivileged() -> None:
    steps = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements-runtime.lock" in steps
    assert re.search(r"^USER lineside$", steps.split("FROM")[-1], re.MULTILINE)
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", steps, re.MULTILINE)
    missing = [p for line in copied for p in line.split() if not (ROOT / p).exists()]
    assert missing == []


def test_the_runtime_lock_agrees_with_the_developers_lock() -> None:
    def versions(name: str) -> set[str]:
        return set(re.findall(r"^(\S+==[^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))

    assert versions("requirements-runtime.lock") <= versions("requirements.lock")
