"""lineside-mes at the command line: the first administrator, tokens, a backup and its restore, by whole programs."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import parse_qs, urlsplit, urlunsplit

import psycopg

PROGRAM = "import sys; from mes_server.compose import main; sys.exit(main())"


def mes(url: str | None, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "LINESIDE" not in name}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *words],
        env=environment | ({"LINESIDE_DATABASE_URL": url} if url else {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_first_administrator_is_registered_with_a_pin_from_stdin(database_url: str) -> None:
    add = ["person", "add", "--badge", "AD-1", "--name", "First", "--role", "admin"]
    assert mes(database_url, "person", "list").stdout == "nobody is registered\n"
    refused = mes(database_url, *add, stdin="12\n")
    assert refused.returncode == 1
    assert "four to twelve digits" in refused.stderr
    done = mes(database_url, *add, stdin="471147\n")
    assert (done.returncode, done.stdout) == (0, "AD-1 signs in with badge and PIN\n"), done.stderr
    assert mes(database_url, "person", "list").stdout == "AD-1  First  admin  PIN\n"
    with psycopg.connect(database_url) as connection:
        logged = connection.execute("select kind, token, target from audit order by id").fetchall()
        assert logged == [
            ("save-person", "command line", "AD-1"),
            ("set-pin", "command line", "AD-1"),
        ]
    last = mes(database_url, "person", "deactivate", "--badge", "AD-1")
    assert (last.returncode, "last administrator" in last.stderr) == (1, True)


def test_tokens_are_made_listed_and_revoked(database_url: str) -> None:
    made = mes(database_url, "token", "create", "hall 1", "--scope", "ingest").stdout.splitlines()
    assert made[0] == "token 1, shown this once:"
    listed = mes(database_url, "token", "list").stdout
    assert "hall 1  ingest" in listed
    assert made[1] not in listed
    assert mes(database_url, "token", "revoke", "1").stdout == "token 1 (hall 1) is revoked\n"
    again = mes(database_url, "token", "revoke", "1")
    assert (again.returncode, again.stderr.startswith("There is no token 1.")) == (1, True)


def test_a_backup_is_restored_and_tells_that_it_is_verified(
    database_url: str, tmp_path: Path
) -> None:
    mes(database_url, "token", "create", "hall 1", "--scope", "ingest")
    file = str(tmp_path / "evening.backup")
    written = mes(database_url, "backup", file)
    assert written.returncode == 0, written.stderr
    assert "0 movements" in written.stdout
    name = f"restored_{uuid.uuid4().hex[:8]}"
    target = urlunsplit(urlsplit(database_url)._replace(path=f"/{name}"))
    try:
        restored = mes(database_url, "restore", file, "--into", target)
        assert restored.returncode == 0, restored.stderr
        assert restored.stdout.splitlines()[-1].startswith("verified: ")
        assert "hall 1" in mes(target, "token", "list").stdout
        over = mes(database_url, "restore", file, "--into", target)
        assert (over.returncode, "nothing is restored over data" in over.stderr) == (1, True)
    finally:
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(f"drop database if exists {name} with (force)")  # pyright: ignore


def test_a_demo_role_needs_no_pin_where_the_settings_say_so(
    database_url: str, tmp_path: Path
) -> None:
    settings = tmp_path / "mes.toml"
    settings.write_text('[sign_in]\npin_roles = ""\n')
    add = ["person", "add", "--badge", "9000", "--name", "Demo", "--role", "admin"]
    done = mes(database_url, "--config", str(settings), *add)
    assert done.stdout == "9000 is registered\n", done.stderr
    settings.write_text('[sign_in]\npin_roles = "admin boss"\n')
    wrong = mes(database_url, "--config", str(settings), "person", "list")
    assert (wrong.returncode, json.dumps("boss")[1:-1] in wrong.stderr) == (1, True)


def test_a_server_of_our_own_is_used_beside_the_program_that_keeps_it(
    postgres_url: str, tmp_path: Path
) -> None:
    [socket] = parse_qs(urlsplit(postgres_url).query)["host"]
    settings = tmp_path / "mes.toml"
    settings.write_text(f'[database]\ndata_directory = "{Path(socket).parent}"\n')
    listed = mes(None, "--config", str(settings), "person", "list")
    assert listed.stdout == "nobody is registered\n", listed.stderr
    written = mes(None, "--config", str(settings), "backup", str(tmp_path / "a.backup"))
    assert written.returncode == 0, written.stderr
