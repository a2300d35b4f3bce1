"""The plant's MQTT broker as every program is told of it: where it is, how it is trusted, and who we are to it."""

import ssl
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from device_profiles.program import Settings
from device_profiles.trust import client_context, trust_faults

PORT, PORT_TLS = 1883, 8883
TLS_SCHEMES = ("mqtts", "sparkplugs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """One MQTT 5 broker."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca_file: Path | None = None
    """Authorities to trust instead of the system's (TLS only)."""
    certificate_file: Path | None = None
    """Our own certificate, where the broker asks for one."""
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext | None:
        """How to connect, read anew from the files: a renewed certificate counts from the next connection on."""
        if not self.tls:
            return None
        return client_context(self.ca_file, self.certificate_file, self.key_file)

    @property
    def tells_password_in_clear(self) -> bool:
        """Whether our password can be overheard on the network."""
        return self.password is not None and not self.tls and self.host not in LOOPBACK


LOOPBACK = ("127.0.0.1", "::1", "localhost")


def parse_bus_url(url: str) -> tuple[str, int, bool]:
    """Host, port and whether TLS is used; raises ValueError saying what is wrong with the URL, without quoting a
    password in it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("write mqtt://host:port or mqtts://host:port") from None
    if parts.username or parts.password:
        raise ValueError(
            "write only host and port in the broker's URL; credentials come from the environment"
        )
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ValueError(f"{url!r} is not a broker; write mqtt://host:port or mqtts://host:port")
    if parts.path.strip("/"):
        raise ValueError("write only host and port in the broker's URL")
    tls = parts.scheme == "mqtts"
    return parts.hostname, port or (PORT_TLS if tls else PORT), tls


def read_broker(settings: Settings) -> Broker:
    """The table `[mqtt]` and its secrets; faults are noted in the settings."""
    url = settings.text("mqtt.url", "mqtt://127.0.0.1:1883", env="LINESIDE_MQTT_URL")
    host, port, tls = "", 0, False
    try:
        host, port, tls = parse_bus_url(url)
    except ValueError as error:
        settings.fault("mqtt.url", f"mqtt.url: {error}")
    broker = Broker(
        host=host,
        port=port,
        tls=tls,
        ca_file=settings.file("mqtt.ca_file", env="LINESIDE_MQTT_CA_FILE"),
        certificate_file=settings.file("mqtt.certificate_file"),
        key_file=settings.file("mqtt.key_file"),
        username=settings.optional_text("mqtt.username", env="LINESIDE_MQTT_USERNAME"),
        password=settings.secret("mqtt.password", env="LINESIDE_MQTT_PASSWORD", required=False)
        or None,
    )
    if broker.password and not broker.username:
        settings.fault(
            "mqtt.username",
            "a password without a user name; set mqtt.username or LINESIDE_MQTT_USERNAME",
        )
    files = (broker.ca_file, broker.certificate_file, broker.key_file)
    if not tls and any(files):
        settings.fault(
            "mqtt.url",
            "certificates are given, but the connection is open; write mqtts://host:port",
        )
    for key, wrong in trust_faults(*files):
        settings.fault(f"mqtt.{key}", f"mqtt.{key}: {wrong}")
    return broker


def device_broker(endpoint: str, plant: Broker) -> Broker:
    """The broker of an MQTT or Sparkplug device, with whom we are there.

    Credentials of the endpoint win. Those of the plant's bus are used on the bus's own host alone, and never over an open
    line when the bus has TLS: nobody else's broker learns them. A bus without a host is anywhere: at the bench a person
    gave them for this one device.
    """
    url = urlsplit(endpoint)
    tls = url.scheme in TLS_SCHEMES
    ours = plant.host in ("", url.hostname) and (tls or not plant.tls)
    there = Broker(
        host=url.hostname or "",
        port=url.port or 0,
        username=plant.username if ours else None,
        password=plant.password if ours else None,
        tls=tls,
        ca_file=plant.ca_file if tls else None,
        certificate_file=plant.certificate_file if tls and ours else None,
        key_file=plant.key_file if tls and ours else None,
    )
    return _with_endpoints_own(there, url)


def _with_endpoints_own(there: Broker, url: SplitResult) -> Broker:
    if not url.username:
        return there
    return replace(
        there,
        username=unquote(url.username),
        password=unquote(url.password) if url.password else None,
    )
