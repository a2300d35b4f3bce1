"""The look: one style sheet of tokens and layouts, set before the first paint."""

from functools import cache
from hashlib import sha256
from pathlib import Path

STYLE = Path(__file__).with_name("static") / "theme.css"


@cache
def head() -> str:
    """Links the style sheet by its content, and takes up the theme chosen on this browser before anything is drawn."""
    version = sha256(STYLE.read_bytes()).hexdigest()[:12]
    return (
        f'<link rel="stylesheet" href="/assets/theme.css?v={version}">'
        "<script>document.documentElement.dataset.theme ="
        ' localStorage.getItem("lineside.theme") === "night" ? "night" : "day";</script>'
    )
