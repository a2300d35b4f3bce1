"""The habits of the house that a program can check."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
LEFT_UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|NotImplemented" r"Error")
SWITCHED_OFF = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b|unittest\.skip")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|home/\w+|Users/\w+|opt/pypi)/\w")
HOST = re.compile(r"https?://|index-url|find-links|\bfile:")
LOCK_FILES = {"requirements.lock", "package-lock.json"}
TEXT = {".py", ".sql", ".yaml", ".yml", ".toml", ".md", ".js", ".css", ".html", ".json", ".conf"}
TEXT_NAMES = {"Makefile", "Dockerfile", ".gitignore", ".env.example"}
NOT_OURS = {"LICENSE", "tests/tidy/compose-spec.json"}


def tracked_files() -> list[Path]:
    """What git holds or would hold: tracked files and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name and name not in NOT_OURS]
    return sorted(path for path in paths if path.is_file())


FILES = tracked_files()
PYTHON = [path for path in FILES if path.suffix == ".py"]
SQL = [path for path in FILES if path.suffix == ".sql"]
SCHEMAS = [
    path
    for path in SQL
    if not re.search(
        r"^(select|insert|update|delete|with|-- :name)\b",
        path.read_text(),
        re.MULTILINE | re.IGNORECASE,
    )
]
NAMED_SQL = [path for path in SQL if path not in SCHEMAS and "migrations" not in path.parts]
PROSE_AND_CODE = [
    path
    for path in FILES
    if (path.suffix in TEXT or path.name in TEXT_NAMES or ".ci" in path.parts)
    and path.name not in LOCK_FILES
    and "node_modules" not in path.parts
    and not path.name.endswith(".min.js")
]
LOCKS = [path for path in FILES if path.name in LOCK_FILES]


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def lines_with(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    """`file:line: text` for every line that the pattern finds."""
    return [
        f"{short(path)}:{number}: {line.strip()[:120]}"
        for path in paths
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if pattern.search(line)
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, the docstring not counted: words are welcome."""
    first = node.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    words = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - words


def test_no_source_file_outgrows_its_reader() -> None:
    code = [path for path in FILES if path.suffix in {".py", ".sql", ".js", ".css"}]
    long = {short(p): n for p in code if (n := len(p.read_text().splitlines())) > FILE_LINES_MAX}
    assert long == {}


def test_no_function_outgrows_its_reader() -> None:
    long = {
        f"{short(path)}:{node.lineno} {node.name}": length(node)
        for path in PYTHON
        for node in functions(path)
        if length(node) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    named = [short(p) for p in FILES if NAMES_THAT_SAY_NOTHING & set(p.stem.lower().split("_"))]
    assert named == []


def test_nothing_is_left_undone() -> None:
    assert lines_with(LEFT_UNDONE, PROSE_AND_CODE) == []


def test_no_test_is_switched_off() -> None:
    tests = [path for path in PYTHON if "tests" in path.parts and path != Path(__file__)]
    assert lines_with(SWITCHED_OFF, tests) == []


def test_no_path_of_somebodys_machine_is_written_down() -> None:
    assert lines_with(MACHINE_PATH, [p for p in PROSE_AND_CODE if p != Path(__file__)]) == []


def test_lock_files_name_no_host() -> None:
    assert LOCKS
    assert lines_with(HOST, LOCKS) == []


def test_every_locked_package_has_a_hash() -> None:
    text = (ROOT / "requirements.lock").read_text()
    packages = re.split(r"\n(?=[a-z0-9])", text)
    assert [p.splitlines()[0] for p in packages if "--hash=sha256:" not in p] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        short(path)
        for path in PYTHON
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def queries(text: str) -> list[tuple[str, list[str]]]:
    """Each query's name line with the lines that follow it up to the next name."""
    parts = re.split(r"^-- :name[ \t]*(.*)$", text, flags=re.MULTILINE)
    return [
        (name.strip(), body.strip().splitlines())
        for name, body in zip(parts[1::2], parts[2::2], strict=True)
    ]


def is_sentence(line: str) -> bool:
    return bool(re.match(r"-- \w[^\n]*\w", line)) and not line.startswith("-- :")


def faults_of(text: str) -> list[str]:
    """What is wrong with a file of named queries, in words."""
    found = queries(text)
    preamble = text.split("-- :name", 1)[0].splitlines()
    names = [name for name, _ in found]
    faults = [] if found else ["no `-- :name` line"]
    if any(line.strip() and not line.startswith("--") for line in preamble):
        faults.append("SQL before the first `-- :name`")
    for name, body in found:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            faults.append(f"{name!r} is no plain name")
        if not body or not is_sentence(body[0]):
            faults.append(f"{name} does not say in a sentence what it is for")
        if names.count(name) > 1:
            faults.append(f"{name} is there twice")
    return faults


def test_every_query_has_a_name_and_a_sentence_of_purpose() -> None:
    assert {short(p): faults for p in NAMED_SQL if (faults := faults_of(p.read_text()))} == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("select 1;\n", "no `-- :name` line"),
        ("select 1;\n-- :name one\n-- Counts.\nselect 1;", "SQL before the first `-- :name`"),
        ("-- :name one\nselect 1;", "one does not say in a sentence what it is for"),
        ("-- :name One\n-- Counts.\nselect 1;", "'One' is no plain name"),
        ("-- :name a\n-- One.\nselect 1;\n-- :name a\n-- Two.\nselect 2;", "a is there twice"),
    ],
)
def test_a_faulty_query_file_is_noticed(text: str, fault: str) -> None:
    assert fault in faults_of(text)


def test_every_schema_says_what_it_is_for() -> None:
    schemas = [path for path in SQL if path not in NAMED_SQL]
    starts = {short(path): path.read_text().lstrip().splitlines()[0] for path in schemas}
    assert {name: start for name, start in starts.items() if not is_sentence(start)} == {}
