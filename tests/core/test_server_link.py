"""A server that hangs is found out within seconds; one that is only slow is waited for, and asked once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from gateway.contract.codec import encode
from gateway.contract.uplink import IngestReply, IngestRequest
from gateway.server_link import NoAnswer, ServerLink

EMPTY = IngestRequest(gateway="g", sources=[])


@dataclass
class Door:
    """Speaks as much HTTP as is needed: reads requests, and answers as it is told to."""

    lives: bool
    answers: asyncio.Event = field(default_factory=asyncio.Event)
    health_asked: asyncio.Event = field(default_factory=asyncio.Event)
    posts: int = 0
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if head.startswith(b"POST"):
                    self.posts += 1
                    await reader.readexactly(len(encode(EMPTY)))
                    await self.answers.wait()
                    body = encode(IngestReply(marks=[], stored=0, duplicates=0))
                else:
                    self.health_asked.set()
                    if not self.lives:
                        await asyncio.Event().wait()
                    body = b"{}"
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()


@asynccontextmanager
async def opened(door: Door) -> AsyncIterator[ServerLink]:
    server = await asyncio.start_server(door.serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with ServerLink(url=url, token="t", doubt_after_s=0.05, sign_of_life_s=0.5) as link:
        yield link
    server.close()


async def test_a_server_that_hangs_is_given_up_without_waiting_for_its_answer() -> None:
    door = Door(lives=False)
    async with opened(door) as link, asyncio.timeout(60):
        answer = await link.ingest(EMPTY)
        poll = await link.commands(after=0, wait_s=20)
    assert isinstance(answer, NoAnswer)
    assert answer.why == "unreachable"
    assert isinstance(poll, NoAnswer)


async def test_a_server_that_is_slow_and_lives_is_waited_for_and_asked_once() -> None:
    door = Door(lives=True)
    async with opened(door) as link, asyncio.timeout(60):
        asking = asyncio.create_task(link.ingest(EMPTY))
        await door.health_asked.wait()
        door.health_asked.clear()
        await door.health_asked.wait()
        door.answers.set()
        assert isinstance(await asking, IngestReply)
    assert door.posts == 1
