"""A program of the product on a wall clock that a test can step: `python -m tests.faults.stepped_program MODULE ARG…`.

LINESIDE_STEPPED_CLOCK names a file that holds the offset in seconds; the monotonic clock is not touched.
"""

import importlib
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from device_profiles.program import SystemClock

CLOCK_FILE = "LINESIDE_STEPPED_CLOCK"
LOOKS_EVERY_S = 0.1


class SteppedClock(SystemClock):
    """The machine's clock, and whatever the file says on top."""

    def __init__(self) -> None:
        self._file = Path(os.environ[CLOCK_FILE])
        self._offset, self._looked_s = timedelta(0), float("-inf")

    def now(self) -> datetime:
        if self.monotonic() - self._looked_s > LOOKS_EVERY_S:
            self._looked_s = self.monotonic()
            self._offset = timedelta(seconds=float(self._file.read_text() or 0))
        return super().now() + self._offset


def main() -> int:
    """Run the program's own main, which takes SystemClock by its name."""
    program = importlib.import_module(sys.argv[1])
    vars(program)["SystemClock"] = SteppedClock
    return program.main(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
