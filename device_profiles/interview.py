"""The JSON Schema of a YAML file, drawn from its strict loader: what the loader asks for is what the file may hold.

The loader reads an `Interview` instead of a file. Every question it asks (which key, of what type, between which
bounds, required or not) is written down, so schema and loader cannot drift apart. What only makes sense between keys
(a coil is a single bit, a name must exist) stays with the loader; the schema is the looser of the two.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

import yaml

from device_profiles.strict_yaml import REQUIRED, Required, Section, Sheet

_E = TypeVar("_E", bound=StrEnum)

Schema = dict[str, Any]
ANY_NAME = "*"
"""Stands for a key that the writer of the file chooses."""
_WORD: Schema = {"type": ["string", "number", "boolean"]}


class Interview(Section):
    """A section that answers every question with something harmless and remembers what was asked."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        mark = yaml.Mark("", 0, 0, 0, None, 0)
        node = yaml.MappingNode("tag:yaml.org,2002:map", [], start_mark=mark, end_mark=mark)
        super().__init__(Sheet("the schema"), node, "the schema")
        self._answers = answers or {}
        self._keys: dict[str, Schema] = {}
        self._required: set[str] = set()
        self._below: dict[str, Interview] = {}
        self._lists: dict[str, Interview] = {}
        self._optional: set[str] = set()
        self._scalars: set[str] = set()

    def __contains__(self, key: str) -> bool:
        self._keys.setdefault(key, {})
        self._optional.add(key)
        return True

    def is_scalar(self, key: str) -> bool:
        """Yes the first time, then no: the loader is asked twice, and takes the word, then the mapping."""
        first = key not in self._scalars
        self._scalars.add(key)
        return first

    def text(self, key: str, default: str | Required = REQUIRED) -> str:
        self._note(key, _WORD, required=default is REQUIRED)
        return self._answers.get(key, "*")

    def word(self, key: str, known: Sequence[str], right: str) -> str:
        self._note(key, {"enum": [*known]}, required=True)
        return known[0]

    def optional_text(self, key: str) -> str | None:
        self._note(key, _or_null(_WORD))
        return None

    def one_of(
        self, key: str, kind: type[_E], default: _E | None = None, *, instead: _E | None = None
    ) -> _E:
        self._note(key, {"enum": [*kind]}, required=default is None)
        if key in self._answers:
            return kind(self._answers[key])
        return default or instead or next(iter(kind))

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        self._note(key, {"type": "number"}, required=default is None)
        return default or Decimal(1)

    def optional_decimal(self, key: str) -> Decimal | None:
        self._note(key, _or_null({"type": "number"}))
        return None

    def number(
        self, key: str, default: float | None = None, *, low: float = 0.0, high: float = 1e12
    ) -> float:
        bounds: Schema = {"type": "number", "minimum": low, "maximum": high}
        self._note(key, bounds, required=default is None)
        return low if default is None else default

    def integer(
        self, key: str, default: int | None = None, *, low: int = 0, high: int = 2**64
    ) -> int:
        bounds: Schema = {"type": "integer", "minimum": low, "maximum": high}
        self._note(key, bounds, required=default is None)
        return low if default is None else default

    def optional_integer(self, key: str, *, low: int = 0, high: int = 2**64) -> int | None:
        self._note(key, _or_null({"type": "integer", "minimum": low, "maximum": high}))
        return None

    def flag(self, key: str) -> bool:
        self._note(key, {"type": "boolean"})
        return False

    def names(self, key: str = "name") -> Mapping[str, str]:
        self._note(
            key,
            {
                "type": "object",
                "required": ["en"],
                "additionalProperties": _WORD,
                "description": 'Language -> name: {en: "…", zh: "…"}',
            },
            required=True,
        )
        return {"en": "*"}

    def texts(self, key: str) -> tuple[tuple[str, int], ...]:
        self._note(key, {"type": "array", "items": _WORD})
        return ()

    def sections(self, key: str) -> Iterator[Section]:
        entry = self._lists.setdefault(key, Interview())
        self._note(key, {})
        yield entry

    def section(self, key: str, *, required: bool = False) -> "Interview":
        self._note(key, {}, required=required)
        return self._below.setdefault(key, Interview())

    def every_key(self) -> tuple[str, ...]:
        return (ANY_NAME,)

    def finish(self) -> None:
        """Nothing was written, so nothing is wrong."""

    def schema(self) -> Schema:
        """The JSON Schema of what was asked for so far."""
        properties = {key: self._schema_of(key) for key in self._keys if key != ANY_NAME}
        found: Schema = {"type": "object", "additionalProperties": False}
        if ANY_NAME in self._keys:
            found["additionalProperties"] = self._schema_of(ANY_NAME)
        if properties:
            found["properties"] = properties
        if required := sorted(self._required - self._optional - {ANY_NAME}):
            found["required"] = required
        return found

    def _schema_of(self, key: str) -> Schema:
        if key in self._lists:
            return {"type": "array", "items": self._lists[key].schema()}
        if key not in self._below:
            return dict(self._keys[key])
        below = self._below[key].schema()
        return {"anyOf": [self._keys[key], below]} if self._keys[key] else below

    def _note(self, key: str, schema: Schema, *, required: bool = False) -> None:
        if schema or key not in self._keys:
            self._keys[key] = schema
        if required:
            self._required.add(key)


def _or_null(schema: Schema) -> Schema:
    kinds: str | list[str] = schema["type"]
    return {**schema, "type": [*([kinds] if isinstance(kinds, str) else kinds), "null"]}
