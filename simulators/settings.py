"""The settings of one simulated plant, read strictly from a TOML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from device_profiles.plant import Plant
from device_profiles.plant_setting import read_plant_setting
from device_profiles.program import Settings
from simulators.scenario import Scenario, ScenarioFault, read_scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one simulated plant."""

    plant: Plant
    scenario: Scenario
    data: Path
    seed: str
    held: bool
    control_host: str
    control_port: int


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read the settings; raises SettingsFaults with everything that is wrong."""
    settings = Settings.load(path, environment=environment)
    plant = read_plant_setting(settings, "plant", profiles="profile_directory")
    scenario_name = settings.text("scenario", "kettle-works")
    data = Path(settings.text("data", "var/simulators"))
    seed = settings.text("seed", "1")
    speed = settings.number("speed", 1.0, low=0.1, high=50)
    held = settings.flag("held", False)
    host = settings.text("control.host", "127.0.0.1")
    port = settings.integer("control.port", 4880, low=1, high=65_535)
    scenario = None
    try:
        scenario = read_scenario(
            scenario_file(scenario_name).read_text(encoding="utf-8"), speed=speed or 1.0
        )
    except (OSError, ScenarioFault) as fault:
        settings.fault("scenario", f"scenario {scenario_name!r}: {fault}")
    settings.finish()
    assert plant is not None
    assert scenario is not None
    return Config(
        plant=plant,
        scenario=scenario,
        data=data,
        seed=seed,
        held=held,
        control_host=host,
        control_port=port,
    )


def scenario_file(name: str) -> Path:
    """A scenario that comes with the product by name, or a path that ends in .yaml."""
    return (
        Path(name)
        if name.endswith(".yaml")
        else Path(__file__).parent / "scenarios" / f"{name}.yaml"
    )
