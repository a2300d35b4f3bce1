"""The words of the screens in each language the product speaks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, cast

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@cache
def catalog(language: Language) -> Mapping[str, str]:
    """Key -> sentence; `{name}` marks what is filled in."""
    path = Path(__file__).with_name(f"{language}.json")
    return cast(dict[str, str], json.loads(path.read_text(encoding="utf-8")))


def language_from(text: str | None, default: Language) -> Language:
    """A language we speak."""
    return text if text in LANGUAGES else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key; a missing key is a mistake of ours and fails loudly."""
        return catalog(self.language)[key].format(**values)

    def optional(self, key: str, otherwise: str) -> str:
        """The word of a key that data may bring, such as a unit of measure."""
        return catalog(self.language).get(key, otherwise)

    def name(self, names: Mapping[str, str]) -> str:
        """A name in this language, else in English, else in any."""
        return names.get(self.language) or names.get("en") or next(iter(names.values()), "")
