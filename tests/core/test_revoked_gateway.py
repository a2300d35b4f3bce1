"""A gateway whose token was revoked gives no fact up for it: it tries on, and says what the server answered."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from gateway.contract.uplink import IngestRequest
from gateway.server_link import NoAnswer, ServerLink

PROBLEM = b'{"type": "token-wrong", "title": "This program may not ask for that.", "status": 401}'


@pytest.fixture
def strict_server() -> Iterator[str]:
    """Knows nobody's token."""

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(401)
            self.send_header("Content-Length", str(len(PROBLEM)))
            self.end_headers()
            self.wfile.write(PROBLEM)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


async def test_a_refused_token_is_no_fault_of_the_facts(strict_server: str) -> None:
    async with ServerLink(url=strict_server, token="revoked") as link:
        answer = await link.ingest(IngestRequest(gateway="g", sources=[]))
    assert isinstance(answer, NoAnswer)
    assert answer.why == "unreachable"
    assert answer.detail.startswith("HTTP 401: ")
    assert "token-wrong" in answer.detail
