"""Each program accepts the settings file that docker-compose.yml gives it."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

import edge.compose
import gateway.compose
import hmi.compose
import mes_server.compose
import simulators.compose
from device_profiles.program import SettingsFaults
from gateway.plant_security.authority import PlantAuthority

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())[
    "services"
]
Loader = Callable[[Path, Mapping[str, str]], object]
LOADERS: dict[str, Loader] = {
    "lineside-edge": edge.compose.load_config,
    "lineside-gateway": gateway.compose.load_config,
    "lineside-hmi": lambda path, environment: hmi.compose.load_config(
        path, environment=environment
    ),
    "lineside-mes": mes_server.compose.load_config,
    "lineside-sim": simulators.compose.load_config,
}
PROGRAMS = {name: service for name, service in SERVICES.items() if "build" in service}


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """docker/config at a place of this machine instead of /etc/lineside."""
    for file in (ROOT / "docker" / "config").iterdir():
        text = file.read_text().replace("/etc/lineside", str(tmp_path))
        (tmp_path / file.name).write_text(text)
    authority = PlantAuthority(tmp_path / "certificates")
    authority.create(plant="Works", now=datetime.now(UTC))
    return tmp_path


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_a_program_accepts_its_settings(settings: Path, name: str) -> None:
    program, _, file = PROGRAMS[name]["command"]
    trust = str(settings / "certificates" / "trust")
    environment = {
        key: re.sub(r"\$\{.*?\}", _filled_in, value).replace("/etc/lineside-trust", trust)
        for key, value in environment_of(name).items()
    }
    LOADERS[program](settings / Path(file).name, environment)


@pytest.mark.parametrize("name", ["gateway", "hmi", "mes"])
def test_a_program_refuses_to_start_without_its_token(settings: Path, name: str) -> None:
    program, _, file = PROGRAMS[name]["command"]
    with pytest.raises(SettingsFaults, match="TOKEN in the environment"):
        LOADERS[program](settings / Path(file).name, {})


def _filled_in(variable: re.Match[str]) -> str:
    """What compose puts there: the default, or for a secret something long enough."""
    _, _, default = variable.group().strip("${}").partition(":-")
    return default or "s" * 40


def environment_of(name: str) -> dict[str, str]:
    return PROGRAMS[name].get("environment", {})
