"""YAML read strictly: every value knows its line, and every fault is collected, so that all are reported at once."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

import yaml

_E = TypeVar("_E", bound=StrEnum)


class Required:
    """Marks a key that has no default."""


REQUIRED = Required()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One thing that is wrong: where, what, and what would be right."""

    file: str
    line: int
    wrong: str
    right: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.wrong}; {self.right}"


class ProfileFaults(Exception):
    """Everything that is wrong with a profile or plant file, one line each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Sheet:
    """One YAML file while it is read: its name and the faults found so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []

    def fault(self, line: int, wrong: str, right: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(file=self.file, line=line, wrong=wrong, right=right))

    def open(self, text: str) -> "Section":
        """Parse the file's text; raises ProfileFaults when it is not one YAML mapping."""
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.fault(
                line,
                f"not valid YAML: {error.problem}",
                "check indentation, colons and quotes here",
            )
            raise ProfileFaults(self.faults) from error
        if not isinstance(node, yaml.MappingNode):
            self.fault(1, "the file holds no keys", "write `key: value` lines")
            raise ProfileFaults(self.faults)
        return Section(self, node, "the file")

    def finish(self) -> None:
        """Raise ProfileFaults when anything was wrong."""
        if self.faults:
            raise ProfileFaults(self.faults)


class Section:
    """One mapping of the file, read key by key; `finish` refuses the keys nobody asked for.

    A wrong value is noted as a fault and a harmless stand-in is returned, so that reading goes on.
    """

    def __init__(
        self, sheet: Sheet, node: yaml.MappingNode, what: str, line: int | None = None
    ) -> None:
        self.sheet = sheet
        self.what = what
        self.line = line or node.start_mark.line + 1
        self._nodes: dict[str, yaml.Node] = {}
        self._lines: dict[str, int] = {}
        self._asked: dict[str, None] = {}
        for key, value in node.value:
            name, at = str(key.value), key.start_mark.line + 1
            if name in self._nodes:
                sheet.fault(
                    at,
                    f"{name!r} is written twice in {what}",
                    f"keep one (the other is in line {self._lines[name]})",
                )
            self._nodes[name], self._lines[name] = value, at

    def __contains__(self, key: str) -> bool:
        self._asked[key] = None
        return key in self._nodes

    def is_scalar(self, key: str) -> bool:
        """True when `key` holds a single word or number."""
        return isinstance(self._nodes.get(key), yaml.ScalarNode)

    def line_of(self, key: str) -> int:
        """Line of a key, or of the section when the key is absent."""
        return self._lines.get(key, self.line)

    def fault(self, key: str, wrong: str, right: str) -> None:
        """Note a fault at the line of `key`."""
        self.sheet.fault(self.line_of(key), wrong, right)

    def text(self, key: str, default: str | Required = REQUIRED) -> str:
        """A word or sentence."""
        return self._scalar(key, default) or ""

    def optional_text(self, key: str) -> str | None:
        """A word, or None when the key is absent or null."""
        return self._scalar(key, None)

    def one_of(
        self, key: str, kind: type[_E], default: _E | None = None, *, instead: _E | None = None
    ) -> _E:
        """A member of `kind`, by its value; `instead` is the stand-in that causes no further faults."""
        first = instead or next(iter(kind))
        text = self._scalar(key, REQUIRED if default is None else default.value)
        if text is None:
            return default or first
        try:
            return kind(text)
        except ValueError:
            self.fault(
                key, f"{key} is {text!r}", f"write one of {', '.join(kind)}{nearest(text, [*kind])}"
            )
            return default or first

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        """An exact decimal number; required when there is no default."""
        text = self._scalar(key, REQUIRED if default is None else str(default))
        try:
            value = Decimal(text or "0")
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_finite():
            return value
        self.fault(key, f"{key} is {text!r}", "write a number, e.g. 0.001")
        return default or Decimal(1)

    def optional_decimal(self, key: str) -> Decimal | None:
        """An exact decimal number, or None when the key is absent or null."""
        return None if self._scalar(key, None) is None else self.decimal(key)

    def number(
        self, key: str, default: float | None = None, *, low: float = 0.0, high: float = 1e12
    ) -> float:
        """A number within [low, high]; required when there is no default."""
        value = float(self.decimal(key, None if default is None else Decimal(str(default))))
        if key in self._nodes and not low <= value <= high:
            self.fault(key, f"{key} is {value:g}", f"write a number from {low:g} to {high:g}")
            return low
        return value

    def integer(
        self, key: str, default: int | None = None, *, low: int = 0, high: int = 2**64
    ) -> int:
        """A whole number within [low, high]; required when there is no default."""
        text = self._scalar(key, REQUIRED if default is None else str(default))
        if text is None:
            return low
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if low <= value <= high:
            return value
        self.fault(key, f"{key} is {text!r}", f"write a whole number from {low} to {high}")
        return low

    def optional_integer(self, key: str, *, low: int = 0, high: int = 2**64) -> int | None:
        """A whole number, or None when the key is absent or null."""
        return None if self._scalar(key, None) is None else self.integer(key, low=low, high=high)

    def word(self, key: str, known: Sequence[str], right: str) -> str:
        """One of a few known words; `right` says what to write instead of another."""
        text = self.text(key)
        if text and text not in known:
            self.fault(key, f"{key} is {text!r}", right)
        return text

    def flag(self, key: str) -> bool:
        """`true` or `false`; false when absent."""
        text = self._scalar(key, "false") or "false"
        if text.lower() not in ("true", "false"):
            self.fault(key, f"{key} is {text!r}", "write true or false")
        return text.lower() == "true"

    def names(self, key: str = "name") -> Mapping[str, str]:
        """Language -> name; English is required."""
        section = self.section(key, required=True)
        found = {language: section.text(language) for language in section.every_key()}
        if key in self._nodes and "en" not in found:
            self.fault(key, f"{key} has no English text", 'write {en: "…", zh: "…"}')
        return found

    def texts(self, key: str) -> tuple[tuple[str, int], ...]:
        """A list of words with their lines; empty when absent."""
        result: list[tuple[str, int]] = []
        for node in self._items(key, "words"):
            if isinstance(node, yaml.ScalarNode):
                result.append((node.value, node.start_mark.line + 1))
            else:
                self.sheet.fault(
                    node.start_mark.line + 1,
                    f"{key} holds something other than words",
                    "write [a, b]",
                )
        return tuple(result)

    def sections(self, key: str) -> "Iterator[Section]":
        """The mappings of a list."""
        for node in self._items(key, "mappings"):
            if isinstance(node, yaml.MappingNode):
                yield Section(self.sheet, node, f"an entry of {key}")
            else:
                self.sheet.fault(
                    node.start_mark.line + 1,
                    f"this entry of {key} has no keys",
                    "write `- key: value`",
                )

    def section(self, key: str, *, required: bool = False) -> "Section":
        """The mapping below `key`; an empty one when absent."""
        self._asked[key] = None
        node = self._nodes.get(key)
        if isinstance(node, yaml.MappingNode):
            return Section(self.sheet, node, key, self.line_of(key))
        if node is not None:
            self.fault(key, f"{key} has no keys below it", "write `key: value` pairs")
        elif required:
            self.sheet.fault(
                self.line, f"{key} is missing in {self.what}", f"add `{key}:` with its keys"
            )
        return Section(self.sheet, self._nowhere(), key)

    def every_key(self) -> tuple[str, ...]:
        """All keys, which counts as having asked for them."""
        self._asked.update(dict.fromkeys(self._nodes))
        return tuple(self._nodes)

    def finish(self) -> None:
        """Refuse every key that nobody asked for, naming the nearest known one."""
        for key in self._nodes.keys() - self._asked.keys():
            known = list(self._asked)
            hint = nearest(key, known) or f"; known keys: {', '.join(known)}"
            self.fault(key, f"unknown key {key!r} in {self.what}", f"remove or correct it{hint}")

    def _scalar(self, key: str, default: str | Required | None) -> str | None:
        self._asked[key] = None
        node = self._nodes.get(key)
        if node is None:
            if isinstance(default, Required):
                self.sheet.fault(self.line, f"{key} is missing in {self.what}", f"add `{key}: …`")
                return None
            return default
        if not isinstance(node, yaml.ScalarNode):
            self.fault(key, f"{key} holds more than one value", "write one value")
            return None
        if node.tag == "tag:yaml.org,2002:null":
            if isinstance(default, Required):
                self.fault(key, f"{key} has no value", f"write `{key}: …`, or remove the key")
                return None
            return default
        return str(node.value)

    def _items(self, key: str, what: str) -> Iterator[yaml.Node]:
        self._asked[key] = None
        node = self._nodes.get(key)
        if isinstance(node, yaml.SequenceNode):
            yield from node.value
        elif node is not None:
            self.fault(key, f"{key} is not a list", f"write a list of {what}")

    def _nowhere(self) -> yaml.MappingNode:
        mark = yaml.Mark("", 0, self.line - 1, 0, None, 0)
        return yaml.MappingNode("tag:yaml.org,2002:map", [], start_mark=mark, end_mark=mark)


def nearest(word: str, known: Sequence[str]) -> str:
    """`; did you mean …?` when a known word is close, else nothing."""
    near = difflib.get_close_matches(word, known, n=1)
    return f" (did you mean {str(near[0])!r}?)" if near else ""
