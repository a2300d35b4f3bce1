"""Builds the answer to "why": rules in words, what they used, and the records behind each step."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

from mes_server.api.why_words import LABELS, RULES
from mes_server.contract.trace import Why
from mes_server.domain.refusal import in_language, plain
from mes_server.operations.posting_answer import posting_words
from mes_server.storage import why
from mes_server.storage.database import Connection
from mes_server.storage.evidence import EventRow, Place
from mes_server.storage.movements import MovementRow

API = "/api/v1"
POSTINGS_SHOWN = 50
"""Postings of one step; the links say where the others are."""
BATCHES_SHOWN = 10
"""Batches whose readings one step shows: those of its newest postings."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUALITY = {"g": "good", "u": "uncertain", "q": "quarantined"}

Value = Decimal | int | str | bool


def place_of(after: str | None) -> Place:
    """The last reading of the page before: `microseconds since 1970 - sequence`."""
    if after is None:
        return Place(at=_EPOCH, seq=-1)
    micros, _, seq = after.rpartition("-")
    return Place(at=_EPOCH + timedelta(microseconds=int(micros)), seq=int(seq))


@dataclass(kw_only=True)
class Chain:
    """The steps so far, in one language; readings come a page at a time."""

    connection: Connection
    language: str
    unit: str
    after: Place
    limit: int
    steps: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _next: str | None = None

    def step(
        self,
        key: str,
        inputs: Mapping[str, Value],
        *,
        result: Decimal | None = None,
        postings: Sequence[MovementRow] = (),
        readings: Sequence[EventRow] = (),
        links: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Add a step."""
        if readings:
            self._next = self._next or self._place_after(readings)
        made: dict[str, Any] = {
            "key": key,
            "rule": in_language(RULES[key], self.language),
            "inputs": [self._input(name, value) for name, value in inputs.items()],
            "result": result,
            "postings": [_posting(row) for row in postings],
            "batches": [],
            "commands": [],
            "readings": [_reading(row) for row in readings],
            "links": [{"rel": rel, "href": href} for rel, href in (links or {}).items()],
        }
        self.steps.append(made)
        return made

    async def sources(
        self,
        step: dict[str, Any],
        *,
        postings: Sequence[MovementRow] = (),
        ingest_id: int | None = None,
        command_id: str | None = None,
        units: Sequence[int] = (),
        readings: bool = True,
    ) -> None:
        """The batches, commands and readings that postings, or one batch or command, came from."""
        newest = [row.ingest_id for row in postings if row.ingest_id is not None]
        first_batch = [] if ingest_id is None else [ingest_id]
        ids = list(dict.fromkeys(first_batch + newest))[:BATCHES_SHOWN]
        people = [row.command_id for row in postings if row.command_id is not None]
        first_command = [] if command_id is None else [command_id]
        commands = list(dict.fromkeys(first_command + people))
        step["batches"] = [asdict(row) for row in await why.batches(self.connection, ids)]
        step["commands"] = [asdict(row) for row in await why.commands(self.connection, commands)]
        if not readings or not ids:
            return
        paths = sorted({row.equipment for row in postings if row.equipment is not None})
        here = [*units, *await why.units_by_path(self.connection, paths)]
        rows = await why.readings_of_batches(
            self.connection, batches=ids, units=here, after=self.after, limit=self.limit
        )
        step["readings"] = [_reading(row) for row in rows]
        self._next = self._next or self._place_after(rows)

    def answer(
        self, figure: str, name: str, value: Decimal, *, rule: str, explained: Decimal | None
    ) -> Why:
        """The whole chain."""
        return Why.model_validate(
            {
                "figure": figure,
                "name": name,
                "value": value,
                "unit": self.unit,
                "explained": explained,
                "rule": in_language(RULES[rule], self.language),
                "steps": self.steps,
                "next": self._next,
            }
        )

    def say(self, label: str) -> str:
        """The name of a figure."""
        return in_language(LABELS[label], self.language)

    def _input(self, name: str, value: Value) -> dict[str, Any]:
        """Keys of the vocabulary are translated; signals and kinds of posting keep their own name."""
        key, _, of = name.partition(":")
        label = self.say(key) if key in LABELS else key
        said = plain(value) if isinstance(value, Decimal) else str(value).lower()
        return {
            "key": name,
            "label": f"{label} {of}".strip(),
            "value": said if isinstance(value, Decimal | bool) else str(value),
            "unit": self.unit if isinstance(value, Decimal) and key not in _UNITLESS else "",
        }

    def _place_after(self, rows: Sequence[EventRow]) -> str | None:
        if len(rows) < self.limit:
            return None
        micros = (rows[-1].at - _EPOCH) // timedelta(microseconds=1)
        return f"{micros}-{rows[-1].seq}"


_UNITLESS = frozenset({"scrap_percent", "standard_cost", "base_quantity"})


def movements_path(**which: str | None) -> str:
    """Path of all postings of an item, lot, place or order."""
    return f"{API}/movements?{urlencode({key: value for key, value in which.items() if value})}"


def path(*parts: str) -> str:
    """A path of the API."""
    return "/".join([API, *(quote(part, safe="/") for part in parts)])


def _posting(row: MovementRow) -> dict[str, Any]:
    return {
        **posting_words(row),
        "ingest_id": row.ingest_id,
        "command_id": row.command_id,
        "why": f"{API}/why/movements/{row.id}",
    }


def _reading(row: EventRow) -> dict[str, Any]:
    return {**asdict(row), "quality": _QUALITY[row.quality]}
