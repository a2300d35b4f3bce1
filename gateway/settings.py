"""The gateway's settings: what it needs to know, read strictly from a TOML file and the environment it is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from device_profiles.broker import Broker, read_broker
from device_profiles.plant import Plant
from device_profiles.plant_setting import read_plant_setting
from device_profiles.program import Settings
from device_profiles.trust import trust_faults
from gateway.agent_limits import BYTES_PER_S, MESSAGES_PER_S, Rate
from gateway.sparkplug_node import NodeSettings

_SPARKPLUG_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a gateway needs to know."""

    name: str
    plant: Plant
    bus: Broker
    server_url: str
    token: str = field(repr=False)
    server_ca_file: Path | None = None
    """Certificates to trust instead of the system's."""
    namespace: bool = True
    """Whether live values are published northbound."""
    sparkplug: NodeSettings | None = None
    """The Sparkplug edge node, when it is switched on."""
    log_level: str = "info"
    agent_rate: Rate = field(default_factory=Rate)
    """What one agent may send."""


def load_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read settings and secrets; raises SettingsFaults with everything that is wrong."""
    settings = Settings.load(path, environment=environment)
    plant = read_plant_setting(
        settings, "gateway.plant", profiles="gateway.profile_directory", default=None
    )
    bus = read_broker(settings)
    server_ca_file = settings.file("server.ca_file", env="LINESIDE_SERVER_CA_FILE")
    for key, wrong in trust_faults(server_ca_file, None, None):
        settings.fault(f"server.{key}", f"server.{key}: {wrong}")
    name = settings.text("gateway.name", "gateway-1")
    config = Config(
        name=name,
        plant=plant or Plant(site="", name={}, time_zone="UTC", equipment={}),
        bus=bus,
        server_url=settings.text(
            "server.url", "http://127.0.0.1:8000", env="LINESIDE_SERVER_URL"
        ).rstrip("/"),
        server_ca_file=server_ca_file,
        token=settings.secret("server.token", env="LINESIDE_GATEWAY_TOKEN"),
        namespace=settings.flag("namespace.enabled", True, env="LINESIDE_NAMESPACE"),
        sparkplug=_sparkplug(settings, site=plant.site if plant else "", gateway=name),
        log_level=settings.text("log.level", "info"),
        agent_rate=Rate(
            messages_per_s=settings.number(
                "limits.agent_messages_per_s", MESSAGES_PER_S, low=1, high=1e6
            ),
            bytes_per_s=settings.number(
                "limits.agent_bytes_per_s", BYTES_PER_S, low=20_000, high=1e10
            ),
        ),
    )
    if not config.server_url.startswith(("http://", "https://")):
        settings.fault("server.url", "server.url must begin with http:// or https://")
    if config.log_level not in ("debug", "info", "warning", "error"):
        settings.fault("log.level", "log.level must be debug, info, warning or error")
    settings.finish()
    return config


def _sparkplug(settings: Settings, *, site: str, gateway: str) -> NodeSettings | None:
    """The node's names: the group is the site and the node is the gateway, unless the file says otherwise."""
    enabled = settings.flag("sparkplug.enabled", False, env="LINESIDE_SPARKPLUG")
    group = settings.text("sparkplug.group", site or "unknown")
    node = settings.text("sparkplug.node", gateway)
    host = settings.optional_text("sparkplug.primary_host")
    for key, found in (("group", group), ("node", node), ("primary_host", host)):
        if enabled and found is not None and not _SPARKPLUG_ID.fullmatch(found):
            settings.fault(
                f"sparkplug.{key}",
                f"sparkplug.{key}: {found!r} cannot be part of a Sparkplug topic here: write letters, digits, "
                "dot, - and _ only, at most 64, and begin with a letter or digit",
            )
    if enabled and group == "STATE":
        settings.fault(
            "sparkplug.group",
            "sparkplug.group: STATE is where Sparkplug hosts say that they are online; choose another name",
        )
    return NodeSettings(group=group, node=node, primary_host=host) if enabled else None
