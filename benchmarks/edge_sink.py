"""The server of `benchmarks.edge`: commits to memory, and notes for every fact whether and when it came.

It speaks the gateway's HTTP (ingest and the long poll for commands) and answers with the cumulative mark, so edge and
gateway are the whole, unchanged programs; what is counted here has passed decoding, totalizer, outbox, broker, admission
and the gateway's way up.
"""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.edge_modbus import TAG_SPACING
from gateway.contract.codec import decode, encode
from gateway.contract.fact import Cause, CountFact
from gateway.contract.job_order import CommandPage
from gateway.contract.uplink import IngestReply, IngestRequest, SourceBatch, SourceMark

LATENCIES_MAX = 2_000_000


@dataclass
class Sink:
    """One run's facts. `step_0` and `step_s`: when a device changes by its beat; else the fact's own time counts."""

    step_s: float = 0.0
    step_0: float | None = None
    facts: int = 0
    """Steps of a counter that came, each once."""
    whole: Counter[int] = field(default_factory=Counter[int])
    """Device step -> tags of which it came as a fact of its own (delta 1)."""
    merged: int = 0
    """Steps that came together with another one, in one fact: the totals are right, a sample is missing."""
    lateness: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    """(device step, seconds from the device's change to here)."""
    ages: dict[str, float] = field(default_factory=dict[str, float])
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
                if head.startswith("get"):
                    await asyncio.sleep(20)
                    body = encode(CommandPage(commands=[], position=0))
                else:
                    length = int(head.split("content-length:")[1].split("\r\n")[0])
                    body = encode(self._ingest(await reader.readexactly(length)))
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
                    self._note(fact, arrived)
            through += len(fresh)
            self._through[key] = through
        return SourceMark(
            agent=source.agent, outbox_epoch=source.outbox_epoch, through=through, rewind=rewind
        )

    def _note(self, fact: CountFact, arrived: float) -> None:
        self.facts += 1
        step = fact.raw % TAG_SPACING
        if fact.delta == 1:
            self.whole[step] += 1
        else:
            self.merged += fact.delta - 1
        changed = fact.at.timestamp() if self.step_0 is None else self.step_0 + step * self.step_s
        if len(self.lateness) < LATENCIES_MAX:
            self.lateness.append((step, arrived - changed))

    def steps_in(self, begin: float, end: float) -> range:
        """The device's steps that fell between two moments, by its beat."""
        assert self.step_0 is not None
        first, last = ((moment - self.step_0) / self.step_s for moment in (begin, end))
        return range(int(first) + 1, int(last) + 1)
