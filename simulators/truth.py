"""The ground truth on disk (SQLite): written before a device shows the change, so that nobody can know more than it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulators.bodies import CountChange, DoseChange
from simulators.plant import Happening

TRUTH_FILE = "truth.sqlite"
_SCHEMA = (Path(__file__).parent / "truth.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCount:
    """One signal's true counts, at the end."""

    equipment: str
    signal: str
    role: str
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueDose:
    """One scale's true mass, at the end."""

    equipment: str
    signal: str
    item: str
    shots: int
    true_kg: float
    device_kg: float


class Truth:
    """Append-only store. One writer; readers may open the file at any time (WAL)."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def append(
        self,
        *,
        at: float,
        counts: Iterable[CountChange],
        doses: Iterable[DoseChange],
        happenings: Iterable[Happening],
        memory: bytes,
    ) -> None:
        """Write what happened, and what the plant then remembers, in one transaction."""
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO count (at, device, equipment, signal, role, raw, total) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(at, c.device, c.equipment, c.signal, c.role, c.raw, c.total) for c in counts],
        )
        self._db.executemany(
            "INSERT INTO dose (at, device, equipment, signal, item, shots, true_kg, device_kg)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (at, d.device, d.equipment, d.signal, d.item, d.shots, d.true_kg, d.device_kg)
                for d in doses
            ],
        )
        self._db.executemany(
            "INSERT INTO happening (at, device, what, detail) VALUES (?, ?, ?, ?)",
            [(at, h.device, h.what, h.detail) for h in happenings],
        )
        self._db.execute("UPDATE memory SET body = ?", (memory,))
        self._db.execute("COMMIT")

    def begin(self, memory: bytes) -> tuple[bytes, int]:
        """The plant's memory (the given one at the very first start) and the number of this start, from 1."""
        self._db.execute(
            "INSERT INTO memory (id, body, starts) VALUES (1, ?, 1) ON CONFLICT (id) DO UPDATE SET starts = starts + 1",
            (memory,),
        )
        body, starts = self._db.execute("SELECT body, starts FROM memory").fetchone()
        return bytes(body), int(starts)


class TruthReader:
    """Read-only view of a truth file, for whoever scores."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def counts(self) -> list[TrueCount]:
        """The last total of every counting signal that ever moved."""
        rows = self._db.execute(
            "SELECT equipment, signal, role, total FROM count"
            " WHERE seq IN (SELECT max(seq) FROM count GROUP BY equipment, signal) ORDER BY equipment, signal"
        )
        return [TrueCount(equipment=e, signal=s, role=r, total=t) for e, s, r, t in rows]

    def doses(self) -> list[TrueDose]:
        """The last sums of every scale that ever dosed."""
        rows = self._db.execute(
            "SELECT equipment, signal, item, shots, true_kg, device_kg FROM dose"
            " WHERE seq IN (SELECT max(seq) FROM dose GROUP BY equipment, signal) ORDER BY equipment, signal"
        )
        return [
            TrueDose(equipment=e, signal=s, item=i, shots=n, true_kg=t, device_kg=d)
            for e, s, i, n, t, d in rows
        ]

    def count_times(self) -> list[tuple[str, str, int, float]]:
        """(equipment, signal, total, time) of every count, oldest first."""
        rows = self._db.execute("SELECT equipment, signal, total, at FROM count ORDER BY seq")
        return [(e, s, int(t), float(at)) for e, s, t, at in rows]

    def wraps(self) -> list[str]:
        """Device and signal of each register that wrapped; a reset keeps the total, a wrap does not."""
        rows = self._db.execute(
            "SELECT device, signal FROM (SELECT device, signal, seq, raw, total,"
            " lag(raw) OVER w AS raw_before, lag(total) OVER w AS total_before"
            " FROM count WINDOW w AS (PARTITION BY device, signal ORDER BY seq))"
            " WHERE raw < raw_before AND total > total_before ORDER BY seq"
        )
        return [f"{device} {signal}" for device, signal in rows]

    def happenings(self) -> list[tuple[float, str, str, str]]:
        """(time, device, what, detail), oldest first."""
        rows = self._db.execute("SELECT at, device, what, detail FROM happening ORDER BY seq")
        return [(float(at), device, what, detail) for at, device, what, detail in rows]
