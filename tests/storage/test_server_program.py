"""lineside-mes as a program: one live feed for many readers, a clean end, and clear words when it cannot start."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from mes_server.embedded_postgres import EmbeddedPostgres
from mes_server.postmaster import postmaster_of
from tests.storage.kettle_works import MASTER_DATA

TOKENS = {
    "LINESIDE_GATEWAY_TOKEN": "for-the-gateway",
    "LINESIDE_HMI_TOKEN": "for-screens",
    "LINESIDE_ADMIN_TOKEN": "for-administrators",
}
PROGRAM = "import sys; from mes_server.compose import main; sys.exit(main(sys.argv[1:]))"


def start(config: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "--config", str(config)],
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    """Where the program says it listens."""
    assert process.stderr is not None
    deadline = time.monotonic() + 240
    while time.monotonic() < deadline:
        if select.select([process.stderr], [], [], 1.0)[0]:
            line = process.stderr.readline()
            assert line, "the program ended"
            if (said := json.loads(line)).get("event") == "started":
                return said["url"]
    raise AssertionError("the program did not start in time")


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
    try:
        yield process, url_of(process)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def client(url: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{url}/api/v1", headers={"Authorization": "Bearer for-administrators"}, timeout=30
    )


def receive(http: httpx.Client, lot: str) -> None:
    body = {"item": "PP-RESIN", "lot": lot, "quantity": "5", "location": "M1-LS"}
    answer = http.post("/receipts", json=body, headers={"Idempotency-Key": str(uuid.uuid4())})
    assert answer.is_success, answer.text


def messages(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    """Server-sent events; beats are left out."""
    message: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line and name:
            message[name] = value
        elif message:
            yield message
            message = {}


def card(lines: Iterator[dict[str, str]], topic: str, key: str) -> dict[str, Any]:
    """The next card of that name."""
    return next(
        event["payload"]
        for message in lines
        if message["event"] == topic and (event := json.loads(message["data"]))["key"] == key
    )


def test_every_reader_sees_a_change_from_its_own_position_on(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    with client(server[1]) as http, ExitStack() as streams:
        assert http.put("/master-data", json=MASTER_DATA).is_success
        position = http.get("/plant").json()["position"]
        live = messages(
            streams.enter_context(http.stream("GET", "/feed", params={"after": position}))
            .iter_lines()
        )  # fmt: skip
        receive(http, "R1")
        assert [lot["lot"] for lot in card(live, "stock", "M1-LS/PP-RESIN")["lots"]] == ["R1"]
        receive(http, "R2")
        late = messages(
            streams.enter_context(http.stream("GET", "/feed", params={"after": position}))
            .iter_lines()
        )  # fmt: skip
        back = messages(
            streams.enter_context(http.stream("GET", "/feed", headers={"Last-Event-ID": position}))
            .iter_lines()
        )  # fmt: skip
        for reader in (live, late, back):
            while len(card(reader, "stock", "M1-LS/PP-RESIN")["lots"]) < 2:
                pass


def test_a_quiet_feed_beats_so_that_a_frozen_server_is_noticed(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    with client(server[1]) as http:
        position = http.get("/plant").json()["position"]
        with http.stream("GET", "/feed", params={"after": position}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            beats = (line for line in stream.iter_lines() if line == ": beat")
            assert [next(beats) for _ in range(3)] == [": beat"] * 3


@pytest.mark.parametrize("position", ["yesterday", "1-1"])
def test_a_reader_whose_place_is_not_kept_is_told_to_begin_anew(
    server: tuple[subprocess.Popen[str], str], position: str
) -> None:
    with client(server[1]) as http:
        assert http.put("/master-data", json=MASTER_DATA).is_success
        with http.stream("GET", "/feed", params={"after": position}) as stream:
            assert next(messages(stream.iter_lines()))["event"] == "reset"


def test_it_ends_cleanly_while_streams_and_polls_are_open(
    server: tuple[subprocess.Popen[str], str],
) -> None:
    process, url = server
    with client(url) as http, ExitStack() as streams:
        lines = streams.enter_context(http.stream("GET", "/feed")).iter_lines()
        assert next(lines) == ": beat"
        poll = streams.enter_context(
            socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0))
        )
        poll.sendall(
            b"GET /api/v1/gateway/commands?after=0&wait_s=60 HTTP/1.1\r\nHost: mes\r\n"
            b"Authorization: Bearer for-the-gateway\r\n\r\n"
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        assert b"200 OK" in poll.recv(4096)


def test_it_keeps_a_database_of_its_own_when_it_is_given_none(tmp_path: Path) -> None:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n[database]\ndata_directory = "data"\n')
    for _ in range(2):
        process = start(config, **TOKENS)
        try:
            with client(url_of(process)) as http:
                health = http.get("/health").json()
                assert health["ok"]
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
            assert process.stderr is not None
            process.stderr.close()


def test_it_starts_its_own_database_again_when_that_is_killed(tmp_path: Path) -> None:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n[database]\ndata_directory = "data"\n')
    process = start(config, **TOKENS)
    try:
        with client(url_of(process)) as http:
            assert http.put("/master-data", json=MASTER_DATA).is_success
            home = EmbeddedPostgres(data_directory=tmp_path / "data").home
            killed = postmaster_of(home / "cluster")
            assert killed is not None
            os.kill(killed, signal.SIGKILL)
            deadline = time.monotonic() + 240
            while postmaster_of(home / "cluster") in (None, killed):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            while not http.get("/health").is_success:
                assert time.monotonic() < deadline
            receive(http, "R1")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert process.stderr is not None
        process.stderr.close()


def test_all_that_is_wrong_with_its_settings_is_said_at_once(tmp_path: Path) -> None:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "here"\nplant = "nowhere"\ntoken = "x"\n')
    process = start(config, LINESIDE_HMI_TOKEN="for-screens")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"{config}:2: server.listen must be host:port" in said
    assert f"{config}:3: no plant is called 'nowhere'" in said
    assert f"{config}:4: unknown key 'server.token'" in said
    assert "set LINESIDE_GATEWAY_TOKEN in the environment" in said


def test_a_taken_address_is_said_plainly(database_url: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "mes.toml"
        config.write_text(f'[server]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n')
        process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "server.listen: cannot listen on 127.0.0.1:" in said
