"""The containers' health checks tell a living program from a dead one."""

import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiomqtt
import pytest

SCRIPT = Path(__file__).parents[2] / "docker" / "healthy.py"
TOPIC = "lineside/v1/works/edge-1/status"


def check(*words: str, broker_port: int = 1) -> int:
    environment = os.environ | {"LINESIDE_MQTT_URL": f"mqtt://127.0.0.1:{broker_port}"}
    command = [sys.executable, str(SCRIPT), *words]
    return subprocess.run(command, env=environment, check=False, capture_output=True).returncode


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def web_server() -> Iterator[str]:
    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/" else 503)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_page_that_is_served_is_healthy_and_an_error_is_not() -> None:
    with web_server() as address:
        assert check("http", f"http://{address}/") == 0
        assert check("http", f"http://{address}/broken") == 1


def test_a_port_nobody_listens_on_is_not_healthy() -> None:
    with web_server() as address:
        assert check("tcp", address) == 0
        assert check("tcp", address, f"127.0.0.1:{free_port()}") == 1
    assert check("tcp", f"127.0.0.1:{free_port()}") == 1


def test_a_wrong_call_is_neither() -> None:
    assert check("telepathy") == 2


@pytest.fixture
def broker_port(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    words = ["--port", str(port), "--config-file", str(tmp_path / "broker.toml")]
    broker = subprocess.Popen(
        [sys.executable, "-m", "simulators.broker", *words],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while broker.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port
    finally:
        broker.terminate()
        broker.wait(30)


@pytest.mark.parametrize(
    ("retained", "status"),
    [(b'{"online": true, "backlog": 3}', 0), (b'{"online": false}', 1), (None, 1)],
)
async def test_a_program_is_as_healthy_as_its_retained_status_says(
    broker_port: int, retained: bytes | None, status: int
) -> None:
    if retained is not None:
        version = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client("127.0.0.1", broker_port, protocol=version) as program:
            await program.publish(TOPIC, retained, qos=1, retain=True)
    assert check("mqtt", TOPIC, broker_port=broker_port) == status


def test_without_a_broker_nothing_is_healthy() -> None:
    assert check("mqtt", TOPIC, broker_port=free_port()) == 1
