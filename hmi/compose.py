"""`lineside-hmi`: settings, parts put together, and a clean stop."""

import argparse
import asyncio
import os
import secrets
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog
import uvicorn

from device_profiles.identity import Identity, read_identity
from device_profiles.program import (
    Clock,
    Settings,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from device_profiles.trust import trust_faults
from hmi.app import create_app
from hmi.house import House, ScreenSettings
from hmi.i18n import LANGUAGES, Language, language_from
from hmi.live.plant_model import PlantModel
from hmi.scrap_reasons import DEFAULT_REASONS, ScrapReasons
from hmi.server_client import ServerClient
from hmi.session import Sessions

STOP_WITHIN_S = 2
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything this program is told from outside."""

    host: str = "127.0.0.1"
    port: int = 8080
    server_url: str = "http://127.0.0.1:8000"
    server_ca_file: Path | None = None
    """Authorities to trust instead of the system's, when the server speaks HTTPS."""
    identity: Identity | None = None
    """Given: browsers reach us by HTTPS."""
    token: str = field(default="", repr=False)
    storage_secret: str = field(default="", repr=False)
    """Signs the browsers' cookies; minted at start when empty, then people sign in again after a restart."""
    default_language: Language = "en"
    idle_s: int = 300
    scanner_prefix: str = ""
    scrap_reasons: tuple[str, ...] = DEFAULT_REASONS
    calibrations: Mapping[str, float] = field(default_factory=dict[str, float])
    log_level: str = "info"


def load_config(path: Path | None, *, environment: Mapping[str, str]) -> Config:
    """Read file and environment; raises SettingsFaults with every fault at once."""
    settings, defaults = Settings.load(path, environment=environment), Config()
    config = Config(
        host=settings.text("listen.host", defaults.host),
        port=settings.integer("listen.port", defaults.port, low=1, high=65535),
        server_url=settings.text("server.url", defaults.server_url, env="LINESIDE_SERVER_URL"),
        server_ca_file=settings.file("server.ca_file", env="LINESIDE_SERVER_CA_FILE"),
        identity=read_identity(settings, "listen"),
        token=settings.secret("server.token", env="LINESIDE_HMI_TOKEN"),
        storage_secret=settings.secret(
            "listen.storage_secret", env="LINESIDE_HMI_STORAGE_SECRET", required=False
        ),
        default_language=_language(settings),
        idle_s=settings.integer("session.idle_s", defaults.idle_s, low=10, high=86_400),
        scanner_prefix=settings.text("scanner.prefix", defaults.scanner_prefix),
        scrap_reasons=_reasons(settings),
        calibrations=_calibrations(settings),
        log_level=settings.text("log.level", defaults.log_level),
    )
    for key, wrong in trust_faults(config.server_ca_file, None, None):
        settings.fault(f"server.{key}", f"server.{key}: {wrong}")
    settings.finish()
    return config


def compose(config: Config, *, clock: Clock) -> House:
    """The parts of one HMI process."""
    return House(
        model=PlantModel(),
        server=ServerClient(
            url=config.server_url, token=config.token, ca_file=config.server_ca_file
        ),
        sessions=Sessions(idle_s=float(config.idle_s)),
        reasons=ScrapReasons(codes=config.scrap_reasons),
        clock=clock,
        settings=ScreenSettings(
            default_language=config.default_language,
            scanner_prefix=config.scanner_prefix,
            calibrations=config.calibrations,
        ),
    )


async def serve(config: Config, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    house = compose(config, clock=SystemClock())
    secret = config.storage_secret or secrets.token_urlsafe(32)
    app = create_app(house, storage_secret=secret)
    identity = config.identity
    server = _Server(
        uvicorn.Config(
            app,
            host=config.host,
            port=config.port,
            log_config=None,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=STOP_WITHIN_S,
            ws="websockets-sansio",
            ssl_context_factory=identity.answer if identity else None,
        )
    )
    scheme = "http" if identity is None else "https"
    _log.info(
        "hmi_starting", url=f"{scheme}://{config.host}:{config.port}", server=config.server_url
    )
    serving = asyncio.create_task(server.serve())
    await asyncio.wait(
        [serving, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
    )
    server.should_exit = True
    await serving
    _log.info("hmi_stopped")


class _Server(uvicorn.Server):
    """Uvicorn would take over the signals and raise them again; ours stay with `run_until_stopped`."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of `lineside-hmi`."""
    parser = argparse.ArgumentParser(
        prog="lineside-hmi",
        description="Terminals and boards of the plant, in the browser.",
        epilog="Secrets come from the environment: LINESIDE_HMI_TOKEN (required, the bearer token for the "
        "server) and LINESIDE_HMI_STORAGE_SECRET (signs the browsers' cookies).",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    arguments = parser.parse_args(argv)

    async def work(stop: asyncio.Event) -> None:
        config = load_config(arguments.config, environment=os.environ)
        configure_logging(program="hmi", level=config.log_level)
        await serve(config, stop)

    return run_until_stopped(work)


def _language(settings: Settings) -> Language:
    text = settings.text("screens.language", "en")
    if text not in LANGUAGES:
        settings.fault(
            "screens.language", f"screens.language must be one of {', '.join(LANGUAGES)}"
        )
    return language_from(text, "en")


def _reasons(settings: Settings) -> tuple[str, ...]:
    text = settings.text("screens.scrap_reasons", ", ".join(DEFAULT_REASONS))
    codes = tuple(code.strip() for code in text.split(",") if code.strip())
    if not 1 <= len(codes) <= 8:
        settings.fault(
            "screens.scrap_reasons", "screens.scrap_reasons must name one to eight reasons"
        )
    return codes


def _calibrations(settings: Settings) -> dict[str, float]:
    """Unit path -> pixels per millimetre."""
    result: dict[str, float] = {}
    for path, text in settings.mapping("calibrations").items():
        try:
            result[path] = float(text)
        except ValueError:
            key = f"calibrations.{path}"
            settings.fault(key, f'{key} must be pixels per millimetre in quotes, like "5.1"')
    return result


if __name__ == "__main__":
    sys.exit(main())
