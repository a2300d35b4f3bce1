"""The server of `benchmarks.edge`: commits to memory, and notes for every fact whether and when it came.

It speaks the gateway's HTTP (ingest and the long poll for commands) and answers with the cumulative mark, so edge and
gateway are the whole, unchanged programs; what is counted here has passed decoding, totalizer, outbox, broker, admission
and the gateway's way up.
"""

import asyncio
import json
import time
from dataclasses import dataclass, field

from benchmarks.edge_modbus import TAG_SPACING
from benchmarks.edge_tally import Tally
from gateway.contract.codec import decode, encode
from gateway.contract.fact import Cause, CountFact
from gateway.contract.job_order import CommandPage
from gateway.contract.uplink import IngestReply, IngestRequest, SourceBatch, SourceMark
from gateway.server_link import COMMANDS_PATH, INGEST_PATH


@dataclass
class Sink(Tally):
    """One run's facts, as they are committed."""

    _through: dict[tuple[str, int], int] = field(default_factory=dict[tuple[str, int], int])
    _server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 24)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                sent = b""
                if "content-length:" in head:
                    length = int(head.split("content-length:")[1].split("\r\n")[0])
                    sent = await reader.readexactly(length)
                if head.startswith(f"post {INGEST_PATH} "):
                    body = encode(self._ingest(sent))
                elif head.startswith(f"get {COMMANDS_PATH}"):
                    await asyncio.sleep(20)
                    body = encode(CommandPage(commands=[], position=0))
                else:
                    body = b"{}"
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                    % (len(body), body)
                )
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            writer.close()

    def _ingest(self, body: bytes) -> IngestReply:
        arrived = time.time()
        request = decode(body, IngestRequest)
        marks = [self._commit(source, arrived) for source in request.sources]
        return IngestReply(marks=marks, stored=0, duplicates=0)

    def _commit(self, source: SourceBatch, arrived: float) -> SourceMark:
        key = (source.agent, source.outbox_epoch)
        through = self._through.get(key, 0)
        rewind = source.first_seq > through + 1
        if not rewind:
            fresh = source.facts[through + 1 - source.first_seq :]
            held_back = {verdict.seq for verdict in source.quarantined}
            if held_back:
                raise RuntimeError(f"quarantined: {json.dumps(source.quarantined[0].reason)}")
            for fact in fresh:
                if isinstance(fact, CountFact) and fact.cause is not Cause.BASELINE:
                    self._step(fact, arrived)
            through += len(fresh)
            self._through[key] = through
        return SourceMark(
            agent=source.agent, outbox_epoch=source.outbox_epoch, through=through, rewind=rewind
        )

    def _step(self, fact: CountFact, arrived: float) -> None:
        self.note(
            fact.raw % TAG_SPACING,
            alone=fact.delta == 1,
            changed=fact.at.timestamp(),
            arrived=arrived,
        )
