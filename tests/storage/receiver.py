"""A real HTTP server that takes webhooks, checks their signatures as any receiver would, and fails when it is told to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEADLINE_S = 60.0


@dataclass
class Received:
    """One request as it came."""

    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def is_signed_with(self, secret: str) -> bool:
        """As Standard Webhooks has it: one of the signatures is right."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{digest}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """What came, and how it is answered."""

    url: str
    taken: list[Received] = field(default_factory=list[Received])
    """Requests that were answered well."""
    refused: list[Received] = field(default_factory=list[Received])
    status: int = 200
    lose_next: int = 0
    """So many requests are taken, and the answer is lost on its way."""

    def wait_for(self, count: int) -> list[Received]:
        """Return once so many were taken."""
        self.wait_until(lambda: len(self.taken) >= count)
        return self.taken

    def wait_until(self, condition: Any) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < deadline, (
                f"{len(self.taken)} taken, {len(self.refused)} refused"
            )
            time.sleep(0.02)


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            got = Received({name.lower(): value for name, value in self.headers.items()}, body)
            if there.status >= 300:
                there.refused.append(got)
            else:
                there.taken.append(got)
            if there.lose_next:
                there.lose_next -= 1
                self.close_connection = True
                return
            self.send_response(there.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    there = Receiver(url=f"http://127.0.0.1:{server.server_address[1]}/hook")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
