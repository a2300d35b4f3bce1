"""Asks the server's database what it holds: typed answers to the questions of audit.sql."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

_TEXT = (Path(__file__).parent / "audit.sql").read_text(encoding="utf-8")
_SQL = dict(
    re.findall(r"^-- :name (\w+)\n(?:--[^\n]*\n)+((?:(?!-- :name ).*\n?)+)", _TEXT, re.MULTILINE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedPieces:
    """What the machines' counters came to at one unit."""

    good: int
    scrap: int
    no_order: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One replenishment rule."""

    item: int
    location: int
    source: int
    reorder_point: Decimal
    order_quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One row of the ledger; rows of one `batch` were written in one transaction."""

    batch: str
    kind: str
    item: int
    source: int
    target: int
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Everything the auditor read, in one snapshot."""

    pieces: dict[str, BookedPieces]
    pieces_by_hour: dict[str, tuple[int, int]]
    weighed: dict[str, Decimal]
    backflush: list[str]
    stored: int
    duplicates: int
    lost: int
    step_mismatches: list[str]
    quarantined: list[str]
    ledger_imbalance: Decimal
    balance_mismatches: int
    loops: list[Loop]
    postings: list[Posting]
    raised: int
    open_twice: int
    marks: dict[tuple[str, int], int]


class Auditor:
    """One connection, closed by `close`; a question to a database that was killed raises psycopg.OperationalError,
    the next one connects anew."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._db = psycopg.connect(url, autocommit=True)

    def close(self) -> None:
        """Hang up."""
        self._db.close()

    def baselines(self) -> int:
        """Signals with a committed running total."""
        return int(self._one("baselines"))

    def totals(self) -> dict[tuple[str, str], int]:
        """(unit, signal) -> committed running total."""
        return {(path, name): int(total) for path, name, total in self._all("signal_totals")}

    def marks(self) -> dict[tuple[str, int], int]:
        """(agent, outbox epoch) -> committed high-water mark."""
        return {(agent, int(epoch)): int(through) for agent, epoch, through in self._all("marks")}

    def read(self) -> Books:
        """Everything, in one snapshot."""
        connection = self._connection()
        with connection.transaction():
            connection.execute("set transaction isolation level repeatable read read only")
            return Books(
                pieces={
                    path: BookedPieces(good=int(good), scrap=int(scrap), no_order=int(outside))
                    for path, good, scrap, outside in self._all("pieces")
                },
                pieces_by_hour={
                    path: (int(good), int(scrap))
                    for path, good, scrap in self._all("pieces_by_hour")
                },
                weighed=dict(self._all("weighed")),
                backflush=_lines(self._all("backflush")),
                stored=int(self._one("stored")),
                duplicates=int(self._one("duplicates")),
                lost=int(self._one("lost")),
                step_mismatches=_lines(self._all("step_mismatches")),
                quarantined=_lines(self._all("quarantined")),
                ledger_imbalance=Decimal(self._one("ledger_imbalance")),
                balance_mismatches=int(self._one("balance_mismatches")),
                loops=[
                    Loop(
                        item=i, location=to, source=of, reorder_point=point, order_quantity=quantity
                    )
                    for i, to, of, point, quantity in self._all("loops")
                ],
                postings=[
                    Posting(batch=batch, kind=kind, item=i, source=of, target=to, quantity=quantity)
                    for _, batch, kind, i, of, to, quantity in self._all("postings")
                ],
                raised=int(self._one("raised")),
                open_twice=int(self._one("open_twice")),
                marks=self.marks(),
            )

    def _all(self, name: str) -> list[tuple[Any, ...]]:
        return self._connection().execute(_SQL[name].encode()).fetchall()

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        if self._db.closed:
            self._db = psycopg.connect(self._url, autocommit=True)
        return self._db

    def _one(self, name: str) -> Any:
        return self._all(name)[0][0]


def _lines(rows: Iterable[tuple[Any, ...]]) -> list[str]:
    return [" ".join(str(value) for value in row) for row in rows]
