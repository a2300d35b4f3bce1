"""`lineside-sim`: the devices of a plant on their real protocols, with a seeded scenario and the ground truth."""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from device_profiles.program import (
    Clock,
    SettingsFaults,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from simulators.settings import Config, load_config
from simulators.simulated_plant import SimulatedPlant
from simulators.stand import NotSimulated

_EPILOG = """\
A configuration file (TOML); every key may be left out:

  plant = "kettle-works"           # name of a built-in plant, or the path of a plant file
  scenario = "kettle-works"        # name of a built-in scenario, or a path that ends in .yaml
  data = "var/simulators"          # the ground truth (truth.sqlite), and what counters showed last
  seed = "1"                       # decides everything that happens by chance
  speed = 1.0                      # machines are so much faster; scales keep their time to settle
  held = false                     # machines stand still at the very first start, until released

  [control]
  host = "127.0.0.1"
  port = 4880                      # the control desk: one JSON object a line, see simulators/control.py
"""


def compose(config: Config, clock: Clock) -> SimulatedPlant:
    """Put a simulated plant together; its truth is opened, its ports are not."""
    return SimulatedPlant(config, clock)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one simulated plant; exit status 2 when its settings are wrong."""
    parser = argparse.ArgumentParser(
        prog="lineside-sim",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="TOML file with the settings")
    chosen = parser.parse_args(arguments)
    configure_logging(program="lineside-sim")
    try:
        config = load_config(chosen.config, os.environ)
    except SettingsFaults as faults:
        sys.stderr.write(f"{faults}\n")
        return 2

    async def work(stop: asyncio.Event) -> None:
        try:
            await compose(config, SystemClock()).run(stop)
        except NotSimulated as error:
            raise SettingsFaults([f"the plant cannot be simulated: {error}"]) from error
        except OSError as error:
            raise SettingsFaults([f"a device's port cannot be opened: {error}"]) from error

    return run_until_stopped(work)


if __name__ == "__main__":
    sys.exit(main())
