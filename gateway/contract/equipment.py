"""Equipment paths in the role-based hierarchy of ISA-95 (site / area / line / unit)."""

import re
from typing import NewType

EquipmentPath = NewType("EquipmentPath", str)
"""`site/area/line/unit`, each part of letters, digits, `-`, `_` or `.`; shorter paths name the levels above."""

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,47}"
_PATH = re.compile(rf"{_PART}(/{_PART}){{0,3}}")

LEVELS = ("site", "area", "line", "unit")


def parse_path(text: str) -> EquipmentPath:
    """Return `text` as a path; raises ValueError naming what is wrong with it."""
    if not _PATH.fullmatch(text):
        raise ValueError(
            f"{text!r} is not an equipment path; write site/area/line/unit with letters, digits, '-', '_' or '.'"
        )
    return EquipmentPath(text)


def level(path: EquipmentPath) -> str:
    """The ISA-95 level of a path: site, area, line or unit."""
    return LEVELS[path.count("/")]


def parent(path: EquipmentPath) -> EquipmentPath | None:
    """The path one level up, or None for a site."""
    head, slash, _ = path.rpartition("/")
    return EquipmentPath(head) if slash else None
