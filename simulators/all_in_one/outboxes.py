"""Looks into the edges' outboxes from outside: how many facts each has numbered."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path


def numbered(data: Path, agents: Iterable[str]) -> dict[tuple[str, int], int]:
    """(agent, outbox epoch) -> highest sequence assigned; an agent without an outbox yet is left out."""
    found: dict[tuple[str, int], int] = {}
    for agent in agents:
        for file in sorted((data / agent).glob("**/*.sqlite")):
            db = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5.0)
            try:
                meta = dict(db.execute("SELECT key, value FROM meta").fetchall())
            except sqlite3.OperationalError:
                continue  # just being made
            finally:
                db.close()
            if "outbox_epoch" in meta:
                found[agent, int(meta["outbox_epoch"])] = int(meta.get("last_seq", 0))
    return found
