"""The look: style sheets of tokens and layouts, set before the first paint."""

from functools import cache
from hashlib import sha256
from pathlib import Path

SHEETS = ("fonts", "tokens", "pieces", "terminal", "boards", "desk", "warehouse", "narrow")
"""In the order in which later ones may override earlier ones."""
STATIC = Path(__file__).with_name("static")


@cache
def head() -> str:
    """Links each sheet by its content, and takes up the theme chosen on this browser before anything is drawn."""
    links = "".join(
        f'<link rel="stylesheet" href="/assets/{sheet}.css?v={_version(sheet)}">'
        for sheet in SHEETS
    )
    return (
        f"{links}<script>document.documentElement.dataset.theme ="
        ' localStorage.getItem("lineside.theme") === "night" ? "night" : "day";</script>'
    )


def _version(sheet: str) -> str:
    return sha256((STATIC / f"{sheet}.css").read_bytes()).hexdigest()[:12]
