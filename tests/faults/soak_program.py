"""`python -m tests.faults.soak_program --minutes 30 --broker mosquitto --seed 1`: see docs/reliability.md.

Exit status: 0 when the books are exact, 1 when anything differs, 2 when it cannot start so.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.ending import end
from simulators.all_in_one.data_directory import DataDirectory
from tests.faults.soak import Soak, SoakReport, SoakWishes
from tests.faults.soak_plant import SoakPlant, find_mosquitto
from tests.faults.soak_table import json_line, table

HOSTILE = 100_000
CALM_S = 4.0
STOP_S = 120.0
LAST_WORDS = 3_000
"""Characters of each log that are shown when something differs."""


async def run_soak(directory: Path, wishes: SoakWishes, tell: Callable[[str], None]) -> SoakReport:
    """One soak on a plant of its own in `directory`; stopped and its database erased at the end."""
    data = DataDirectory(directory, kind="score")
    data.open()
    plant = SoakPlant(data, broker=wishes.broker, seed=wishes.seed, tell=tell)
    try:
        await plant.start()
        return await Soak(plant, wishes, tell).run()
    finally:
        await plant.stop()
        data.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The long form."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--broker", choices=("iotcore", "mosquitto"), default="iotcore")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--at-once", type=int, default=2, help="faults at work together, at most")
    parser.add_argument("--hostile", type=int, default=HOSTILE, help="hostile messages at the end")
    parser.add_argument("--data", type=Path, help="keep logs and outboxes here")
    chosen = parser.parse_args(arguments)
    if chosen.broker == "mosquitto" and find_mosquitto() is None:
        sys.stderr.write("mosquitto is not installed: apt-get install mosquitto\n")
        return 2
    wishes = SoakWishes(
        broker=chosen.broker,
        seed=chosen.seed,
        at_once=chosen.at_once,
        hostile=chosen.hostile,
        seconds=60 * chosen.minutes,
        calm_s=CALM_S,
    )
    with tempfile.TemporaryDirectory(prefix="lineside-soak-") as scratch:
        directory = chosen.data or Path(scratch) / "plant"
        report = asyncio.run(_until_told(directory, wishes))
        if report is None:
            return 1
        if report.differences:
            _show_logs(directory / "logs")
    for line in table(report):
        print(line)
    print(json_line(report), flush=True)
    return 1 if report.differences else 0


async def _until_told(directory: Path, wishes: SoakWishes) -> SoakReport | None:
    """The report, or None when SIGTERM or Ctrl-C came first; the plant is stopped either way."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    running = asyncio.create_task(run_soak(directory, wishes, _tell))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    await end(stopping)
    if running.done():
        return running.result()
    running.cancel()  # once: a second time would interrupt the tidying up
    await asyncio.wait((running,), timeout=STOP_S)
    return None


def _show_logs(logs: Path) -> None:
    for log in sorted(logs.glob("*.log")):
        _tell(f"== the end of {log.name}\n{log.read_text(errors='replace')[-LAST_WORDS:]}")


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
