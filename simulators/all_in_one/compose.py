"""`lineside-demo`: the whole demo plant on this machine, or, with --score, the proof that it counts right."""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from device_profiles.program import Settings, SettingsFaults
from mes_server.embedded_postgres import PostgresUnavailable
from simulators.all_in_one.data_directory import DataDirectory, DataDirectoryFault, port_is_free
from simulators.all_in_one.demo import run_demo
from simulators.all_in_one.office import OfficeAway, OfficeRefused
from simulators.all_in_one.program import StartFailed
from simulators.all_in_one.score import ScoreWishes, run_score
from simulators.all_in_one.whole_plant import DATABASE_ENV, MQTT_ENV, WholePlant, Wishes
from simulators.control import ControlRefused

API_PORT, HMI_PORT = 8000, 8080
SCORE_SECONDS_MAX = 3_600


_FAILURES = (
    StartFailed,
    PostgresUnavailable,
    OfficeAway,
    OfficeRefused,
    ControlRefused,
    TimeoutError,
)
"""What can go wrong with a plant that is well installed: said without a stack trace."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lineside-demo",
        description=__doc__,
        epilog="The file of --config may hold data, api_port, hmi_port, speed, seed and people; options win over it. "
        "LINESIDE_DATABASE_URL and LINESIDE_MQTT_URL name an external PostgreSQL and MQTT 5 broker; "
        "without them the demo brings its own.",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="TOML file with the settings")
    parser.add_argument("--data", type=Path, help="data directory (default ./.lineside-demo)")
    parser.add_argument("--reset", action="store_true", help="start over on fresh data")
    parser.add_argument("--api-port", type=int, default=API_PORT, help="port of the API (8000)")
    parser.add_argument("--hmi-port", type=int, default=HMI_PORT, help="port of the screens (8080)")
    parser.add_argument("--speed", type=float, default=1.0, help="how fast the machines are (1)")
    parser.add_argument("--seed", default="7", help="seed of everything that happens by chance (7)")
    parser.add_argument("--no-people", action="store_true", help="without the simulated people")
    score = parser.add_argument_group("the score run")
    score.add_argument("--score", action="store_true", help="run headless, compare with the truth")
    score.add_argument("--seconds", type=float, default=90.0, help="how long machines run (90)")
    score.add_argument("--faults", action="store_true", help="with the scripted faults")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 well, 1 the score is not exact or a program failed, 2 it cannot start so."""
    try:
        chosen = _choose(arguments)
    except SettingsFaults as faults:
        sys.stderr.write(f"{faults}\n")
        return 2
    if fault := _fault(chosen):
        sys.stderr.write(f"lineside-demo: {fault}\n")
        return 2
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    try:
        return asyncio.run(_score(chosen) if chosen.score else _demo(chosen))
    except DataDirectoryFault as fault:
        sys.stderr.write(f"lineside-demo: {fault}\n")
        return 2
    except _FAILURES as failure:
        sys.stderr.write(f"\nlineside-demo: {failure}\n")
        return 1


def _choose(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Options, over the settings file, over the defaults."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.config is None:
        return chosen
    settings = Settings.load(chosen.config, environment={})
    data = settings.optional_text("data")
    parser.set_defaults(
        data=Path(data) if data else None,
        api_port=settings.integer("api_port", API_PORT, low=1, high=65_535),
        hmi_port=settings.integer("hmi_port", HMI_PORT, low=1, high=65_535),
        speed=settings.number("speed", 1.0),
        seed=settings.text("seed", chosen.seed),
        no_people=not settings.flag("people", default=True),
    )
    settings.finish()
    return parser.parse_args(arguments)


def _fault(chosen: argparse.Namespace) -> str | None:
    """What is wrong with the options, in words."""
    if not 0.1 <= chosen.speed <= 10:
        return "--speed must be from 0.1 to 10; a scale needs its time to settle"
    if chosen.score:
        return _score_fault(chosen)
    if chosen.reset and os.environ.get(DATABASE_ENV):
        return f"--reset does not empty an external database; empty that of {DATABASE_ENV} yourself"
    for option, port in (("--api-port", chosen.api_port), ("--hmi-port", chosen.hmi_port)):
        if not port_is_free(port):
            return f"port {port} is taken by another program; choose another with {option} PORT"
    return None


def _score_fault(chosen: argparse.Namespace) -> str | None:
    if not 1 <= chosen.seconds <= SCORE_SECONDS_MAX:
        return f"--seconds must be from 1 to {SCORE_SECONDS_MAX}"
    if os.environ.get(DATABASE_ENV):
        return f"a score run needs a fresh database of its own; unset {DATABASE_ENV}"
    if chosen.faults and os.environ.get(MQTT_ENV):
        return f"--faults kills the broker and needs one of its own; unset {MQTT_ENV}"
    return None


async def _demo(chosen: argparse.Namespace) -> int:
    data = DataDirectory(chosen.data or Path(".lineside-demo"), kind="demo")
    wishes = Wishes(
        scenario="kettle-works",
        seed=chosen.seed,
        speed=chosen.speed,
        with_hmi=True,
        api_port=chosen.api_port,
        hmi_port=chosen.hmi_port,
    )

    async def work(stop: asyncio.Event) -> int:
        data.open()
        plant = WholePlant(data, wishes, tell=_tell)
        if chosen.reset:
            await asyncio.to_thread(plant.erase)
        return await run_demo(plant, stop, people=not chosen.no_people, tell=_tell)

    try:
        return await _until_stopped(work)
    finally:
        data.close()


async def _score(chosen: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="lineside-score-") as scratch:
        data = DataDirectory(chosen.data or Path(scratch) / "plant", kind="score")
        wishes = ScoreWishes(seconds=chosen.seconds, seed=chosen.seed, faults=chosen.faults)

        async def work(stop: asyncio.Event) -> int:
            data.open()
            plant = WholePlant(
                data,
                Wishes(
                    scenario="kettle-works-score",
                    seed=chosen.seed,
                    speed=chosen.speed,
                    with_hmi=False,
                ),
                tell=_tell_aside,
            )
            await asyncio.to_thread(plant.erase)
            return await run_score(plant, wishes, stop, tell=_tell_aside)

        try:
            return await _until_stopped(work)
        finally:
            data.close()


async def _until_stopped(work: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Run `work(stop)`; SIGTERM, SIGHUP and Ctrl-C set `stop`, also while it is still starting."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    return await work(stop)


def _tell(line: str) -> None:
    with suppress(BrokenPipeError):  # nobody reads any more; the plant goes on and is stopped well
        print(line, flush=True)


def _tell_aside(line: str) -> None:
    with suppress(BrokenPipeError):
        print(line, file=sys.stderr, flush=True)
