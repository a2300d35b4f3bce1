"""The gateway's settings: what it needs to know, read strictly from a TOML file and the environment it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.catalog import BUILTIN, ProfileFaults, builtin_plant, load_plant
from device_profiles.plant import Plant
from device_profiles.program import Settings
from gateway.plant_bus import BusAddress, parse_bus_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a gateway needs to know."""

    name: str
    plant: Plant
    bus: BusAddress
    server_url: str
    token: str = field(repr=False)
    server_ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    namespace: bool = True
    """Whether live values are published northbound."""
    log_level: str = "info"


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read settings and secrets; raises SettingsFaults with everything that is wrong."""
    settings = Settings.load(path, environment=environment)
    plant = _plant(settings, path)
    bus = _bus(settings)
    config = Config(
        name=settings.text("gateway.name", "gateway-1"),
        plant=plant or Plant(site="", name={}, time_zone="UTC", equipment={}),
        bus=bus,
        server_url=settings.text(
            "server.url", "http://127.0.0.1:8000", env="LINESIDE_SERVER_URL"
        ).rstrip("/"),
        server_ca_file=_file(settings, "server.ca_file"),
        token=settings.secret("server.token", env="LINESIDE_GATEWAY_TOKEN"),
        namespace=settings.flag("namespace.enabled", True),
        log_level=settings.text("log.level", "info"),
    )
    if not config.server_url.startswith(("http://", "https://")):
        settings.fault("server.url", "server.url must begin with http:// or https://")
    if config.log_level not in ("debug", "info", "warning", "error"):
        settings.fault("log.level", "log.level must be debug, info, warning or error")
    settings.finish()
    return config


def _plant(settings: Settings, config_file: Path | None) -> Plant | None:
    """The plant file: the name of one that comes with the product, or a path beside the settings."""
    name = settings.text("gateway.plant")
    own_profiles = settings.optional_text("gateway.profile_directory")
    roots = (Path(own_profiles), BUILTIN) if own_profiles else (BUILTIN,)
    path = builtin_plant(name)
    if name.endswith((".yaml", ".yml")):
        path = (config_file.parent if config_file else Path()) / name
    elif name and not path.is_file():
        settings.fault(
            "gateway.plant", f"no plant is called {name!r}; give the path of a .yaml file"
        )
        return None
    try:
        return load_plant(path, profile_roots=roots) if name else None
    except ProfileFaults as faults:
        for fault in faults.faults:
            settings.fault("gateway.plant", str(fault))
        return None


def _bus(settings: Settings) -> BusAddress:
    url = settings.text("mqtt.url", "mqtt://127.0.0.1:1883", env="LINESIDE_MQTT_URL")
    host, port, tls = "", 0, False
    try:
        host, port, tls = parse_bus_url(url)
    except ValueError as error:
        settings.fault("mqtt.url", f"mqtt.url: {error}")
    return BusAddress(
        host=host,
        port=port,
        tls=tls,
        ca_file=_file(settings, "mqtt.ca_file"),
        username=settings.secret("mqtt.username", env="LINESIDE_MQTT_USERNAME", required=False)
        or None,
        password=settings.secret("mqtt.password", env="LINESIDE_MQTT_PASSWORD", required=False)
        or None,
    )


def _file(settings: Settings, key: str) -> Path | None:
    name = settings.optional_text(key)
    if name is None:
        return None
    path = Path(name)
    if not path.is_file():
        settings.fault(key, f"{key}: there is no file {name!r}")
    return path
