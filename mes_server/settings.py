"""The server's settings: read strictly from a TOML file and the environment it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from device_profiles.identity import Identity, read_identity
from device_profiles.plant import Plant
from device_profiles.plant_setting import read_plant_setting
from device_profiles.program import Settings
from mes_server.domain.refusal import ROLE_WORDS
from mes_server.domain.shift_calendar import WrongBegins, read_begins
from mes_server.operations.roles import ADMIN

KEEP_DAYS_MIN = 7
"""Facts younger than this are never dropped: late ones still come, and people still ask why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a server needs to know."""

    host: str
    port: int
    """0 takes a free one."""
    plant: Plant
    database_url: str | None = field(repr=False)
    """None: a PostgreSQL of our own in `data_directory`."""
    data_directory: Path
    gateway_token: str = field(repr=False)
    hmi_token: str = field(repr=False)
    admin_token: str = field(repr=False)
    """Empty: nobody may act as an administrator without a badge."""
    binaries: Path | None = None
    """Directory with PostgreSQL's programs; None searches the usual places."""
    pin_roles: tuple[str, ...] = ()
    """Roles that nobody has without a PIN."""
    log_level: str = "info"
    erp_every_s: float = 300.0
    """How often what was booked becomes documents for the ERP system; 0: never by itself."""
    history_keep_days: int = 1_096
    """How long single facts are kept, roll-ups stay; those of open orders are kept longer. 0: for ever."""
    shift_begins: tuple[timedelta, ...] = tuple(timedelta(hours=hour) for hour in (6, 14, 22))
    """When each day's shifts begin, since the plant's midnight."""
    identity: Identity | None = field(default=None, repr=False)
    """Given: we speak HTTPS ourselves. None: plain HTTP, for one machine alone or behind a proxy."""


def load_config(
    path: Path | None, environment: Mapping[str, str], *, serving: bool = True
) -> Config:
    """Read settings and secrets; raises SettingsFaults with everything that is wrong.

    Not `serving`: for commands that only work on the database, which need no tokens.
    """
    settings = Settings.load(path, environment=environment)
    host, port = _listen(settings)
    plant = read_plant_setting(settings, "server.plant", profiles="server.profile_directory")
    url = settings.optional_text("database.url", env="LINESIDE_DATABASE_URL")
    directory = settings.text("database.data_directory", "var/postgres")
    binaries = settings.optional_text("database.binaries")
    config = Config(
        host=host,
        port=port,
        plant=plant or Plant(site="", name={}, time_zone="UTC", equipment={}),
        database_url=url,
        data_directory=(path.parent if path else Path()) / directory,
        gateway_token=settings.secret(
            "server.gateway_token", env="LINESIDE_GATEWAY_TOKEN", required=serving
        ),
        hmi_token=settings.secret("server.hmi_token", env="LINESIDE_HMI_TOKEN", required=serving),
        admin_token=settings.secret(
            "server.admin_token", env="LINESIDE_ADMIN_TOKEN", required=False
        ),
        binaries=Path(binaries) if binaries else None,
        pin_roles=_pin_roles(settings),
        log_level=settings.text("log.level", "info"),
        erp_every_s=settings.number("erp.every_s", 300.0),
        history_keep_days=int(settings.number("history.keep_days", 1_096)),
        shift_begins=_shift_begins(settings),
        identity=read_identity(settings, "server") if serving else _no_identity(settings),
    )
    if url is not None and not url.startswith(("postgresql://", "postgres://")):
        settings.fault("database.url", "database.url must begin with postgresql://")
    if config.history_keep_days and config.history_keep_days < KEEP_DAYS_MIN:
        settings.fault(
            "history.keep_days",
            f"history.keep_days must be 0 (for ever) or at least {KEEP_DAYS_MIN} days",
        )
    if config.log_level not in ("debug", "info", "warning", "error"):
        settings.fault("log.level", "log.level must be debug, info, warning or error")
    settings.finish()
    return config


def _no_identity(settings: Settings) -> None:
    """A command on the database needs no key, which its user often may not read."""
    for key in ("certificate_file", "key_file"):
        settings.optional_text(f"server.{key}")


def _pin_roles(settings: Settings) -> tuple[str, ...]:
    roles = tuple(settings.text("sign_in.pin_roles", ADMIN).replace(",", " ").split())
    if unknown := [role for role in roles if role not in ROLE_WORDS]:
        settings.fault(
            "sign_in.pin_roles",
            f"sign_in.pin_roles: no role is called {', '.join(unknown)}; known: {', '.join(ROLE_WORDS)}",
        )
    return roles


def _shift_begins(settings: Settings) -> tuple[timedelta, ...]:
    text = settings.text("shifts.begin", "06:00, 14:00, 22:00")
    try:
        return read_begins(text)
    except WrongBegins:
        settings.fault(
            "shifts.begin",
            f'shifts.begin must be times of day in their order, such as "06:00, 14:00, 22:00", not {text!r}',
        )
        return ()


def _listen(settings: Settings) -> tuple[str, int]:
    listen = settings.text("server.listen", "127.0.0.1:8000")
    host, colon, port = listen.rpartition(":")
    if colon and host and port.isdecimal() and int(port) < 65_536:
        return host.strip("[]"), int(port)
    settings.fault("server.listen", f"server.listen must be host:port, not {listen!r}")
    return "", 0
