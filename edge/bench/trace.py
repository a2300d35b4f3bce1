"""A trace: what devices said, line by line as JSON, so that it can be replayed. The words of the file, and nothing else."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from edge.driver import Batch, Reading

SCHEMA = "lineside.trace/1"
_T = TypeVar("_T", bound=msgspec.Struct)
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class TraceFault(ValueError):
    """The file is not a trace; the text says which line is wrong, and how."""


class Header(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """First line: what was recorded, and when it began."""

    schema: str
    site: str
    started: Moment
    monotonic_s: float


class Said(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One reading."""

    signal: str
    value: bool | int | float | str | None = None
    at: Moment | None = None
    why: str | None = None


class Entry(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One batch of one device."""

    device: str
    arrived: Moment
    monotonic_s: float
    said: tuple[Said, ...] = ()
    fault: str | None = None

    def batch(self) -> Batch:
        """The batch as the driver delivered it."""
        return Batch(
            readings=tuple(
                Reading(signal=said.signal, value=said.value, source_time=said.at, why=said.why)
                for said in self.said
            ),
            arrived=self.arrived,
            monotonic_s=self.monotonic_s,
            fault=self.fault,
        )


def entry(device: str, batch: Batch) -> Entry:
    """A batch as a line of the trace."""
    return Entry(
        device=device,
        arrived=batch.arrived,
        monotonic_s=batch.monotonic_s,
        said=tuple(
            Said(
                signal=reading.signal,
                value=reading.value,
                at=reading.source_time,
                why=reading.why,
            )
            for reading in batch.readings
        ),
        fault=batch.fault,
    )


def line(record: Header | Entry) -> str:
    """A record as one line, with its end."""
    return msgspec.json.encode(record).decode() + "\n"


def read_trace(lines: Iterable[str]) -> tuple[Header, Iterator[Entry]]:
    """The header, and the entries one by one; raises TraceFault, also while the entries are taken."""
    numbered = ((number, text) for number, text in enumerate(lines, start=1) if text.strip())
    first = next(numbered, None)
    if first is None:
        raise TraceFault("line 1: the file is empty; record one with `lineside-edge record`")
    header = _decoded(*first, Header)
    if header.schema != SCHEMA:
        raise TraceFault(f"line {first[0]}: schema is {header.schema!r}; it must be {SCHEMA!r}")
    return header, (_decoded(number, text, Entry) for number, text in numbered)


def _decoded(number: int, text: str, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TraceFault(f"line {number}: {error}") from error
