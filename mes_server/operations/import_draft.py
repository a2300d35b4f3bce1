"""Rows of an import on their way to their verdicts."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mes_server.domain.import_cells import Fault, Value
from mes_server.domain.import_fields import FIELDS, Kind
from mes_server.domain.refusal import Words
from mes_server.storage.database import Connection
from mes_server.storage.imports import JudgedRow

Fields = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Draft:
    """A row on its way to its verdict."""

    number: int
    key: str
    values: dict[str, Value]
    faults: list[Fault]
    changes: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is said of the rows, and what a commit would bring things to."""

    rows: Sequence[JudgedRow]
    targets: Mapping[str, Fields]
    """Key of each thing that is new or changes -> all its fields as they would be."""
    before: Mapping[str, Fields | None]
    """Key -> its fields as they are; None for a new one."""

    @property
    def wrong(self) -> int:
        """Rows that cannot be taken."""
        return sum(row.verdict == "error" for row in self.rows)


def say(draft: Draft, titles: Mapping[str, str], name: str, said: Words) -> None:
    """One more thing is wrong with a field of the row."""
    value = str(draft.values.get(name) or "")
    draft.faults.append(Fault(said=said, column=titles.get(name, ""), field=name, value=value))


def defaults(kind: Kind) -> Fields:
    """What new things have where the file does not say."""
    return {one.name: one.default for one in FIELDS[kind]}


def given_of(draft: Draft) -> Fields:
    """What the row says."""
    return {name: value for name, value in draft.values.items() if value is not None}


def compare(draft: Draft, present: Fields | None, names: Collection[str] | None = None) -> None:
    """Note whether the thing is new, or what the row changes of it."""
    if present is None:
        draft.new = True
        return
    for name, value in given_of(draft).items():
        if (names is None or name in names) and _as_cell(present.get(name)) != value:
            draft.changes[name] = [present.get(name), value]


def _as_cell(value: Any) -> Any:
    """A value as a cell would hold it: without blanks around it."""
    return value.strip() if isinstance(value, str) else value


def verdict_of(draft: Draft) -> JudgedRow:
    """The draft, judged."""
    verdict = "unchanged"
    if draft.faults:
        verdict = "error"
    elif draft.new:
        verdict = "new"
    elif draft.changes:
        verdict = "change"
    return JudgedRow(
        number=draft.number,
        verdict=verdict,
        key=draft.key,
        given=given_of(draft),
        changes=draft.changes,
        faults=[
            {"column": one.column, "field": one.field, "value": one.value, "said": dict(one.said)}
            for one in draft.faults
        ],
    )


def codes_of(drafts: Sequence[Draft], *names: str) -> list[str]:
    """Every code that the rows name in these fields."""
    return sorted({str(v) for d in drafts for name in names if (v := d.values.get(name))})


def judgement_of(
    drafts: Sequence[Draft], targets: Mapping[str, Fields], present: Mapping[str, Fields]
) -> Judgement:
    """The rows, judged, with what a commit would write."""
    return Judgement(
        rows=[verdict_of(draft) for draft in drafts],
        targets=targets,
        before={key: present.get(key) for key in targets},
    )


async def missing_of(
    query: Any, connection: Connection, drafts: Sequence[Draft], *names: str
) -> set[str]:
    """Codes that the rows name and nobody knows."""
    return set(await query(connection, codes_of(drafts, *names)))
