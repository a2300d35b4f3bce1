"""How much memory the programs of a soak hold, and whether it only grows (Linux: /proc)."""

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.faults.soak_plant import SoakPlant

EVERY_S = 1.0
LIMIT_MB = {"gateway": 300, "server": 500, "edge-assembly": 300, "edge-moulding": 300}
"""No run of a program may hold more."""
WARM_S = 60.0
"""A program's first minute is not counted: caches fill."""
JUDGED_FROM_S = 180.0
"""Growth is judged over runs of at least so long."""
GROWTH_MB, GROWTH_SHARE = 30.0, 0.25
"""What the last third of a run may hold more than the first third."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLine:
    """One program."""

    name: str
    most_mb: float
    grown_mb: float | None
    """Over its longest run; None when no run was long enough to say."""
    over_s: float
    fault: str


@dataclass(slots=True)
class MemoryWatch:
    """Samples until it is cancelled."""

    plant: SoakPlant
    _samples: dict[tuple[str, int], list[tuple[float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    async def run(self) -> None:
        """Take a sample every second."""
        while True:
            for name in LIMIT_MB:
                pid = self.plant.supervisor.pid(name)
                if (held := resident_mb(pid)) is not None:
                    self._samples[name, pid].append((time.monotonic(), held))
            await asyncio.sleep(EVERY_S)

    def lines(self) -> list[MemoryLine]:
        """One line a program."""
        return [self._line(name) for name in LIMIT_MB]

    def _line(self, name: str) -> MemoryLine:
        runs = [samples for (program, _), samples in self._samples.items() if program == name]
        most = max((mb for samples in runs for _, mb in samples), default=0.0)
        longest = max(runs, key=lambda samples: samples[-1][0] - samples[0][0], default=[])
        warm = [s for s in longest if s[0] - longest[0][0] >= WARM_S]
        over_s = longest[-1][0] - longest[0][0] if longest else 0.0
        grown, fault = None, ""
        if over_s >= JUDGED_FROM_S and len(warm) >= 9:
            third = len(warm) // 3
            early = median(mb for _, mb in warm[:third])
            grown = median(mb for _, mb in warm[-third:]) - early
            if grown > GROWTH_MB + GROWTH_SHARE * early:
                fault = f"{name} grew by {grown:.0f} MB from {early:.0f} MB in {over_s:.0f} s"
        if most > LIMIT_MB[name]:
            fault = f"{name} held {most:.0f} MB, more than {LIMIT_MB[name]} MB"
        return MemoryLine(name=name, most_mb=most, grown_mb=grown, over_s=over_s, fault=fault)


def resident_mb(pid: int) -> float | None:
    """Memory that a process holds, or None when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return None
    sizes = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")]
    return int(sizes[0]) / 1024 if sizes else None
