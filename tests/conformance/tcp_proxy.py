"""A cable between a client and a server that a test can cut, freeze (half open) and restore."""

import asyncio
from pathlib import Path

from edge.ending import end


class TcpProxy:
    """Relays its own port to another one, or to a Unix socket, on this machine. While frozen, connections stay open and
    nothing passes."""

    def __init__(
        self, *, port: int, target_port: int = 0, target_socket: Path | None = None
    ) -> None:
        self.port = port
        self._target_port = target_port
        self._target_socket = target_socket
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await end(*self._relays)

    async def cut(self) -> None:
        """Close all connections and refuse new ones."""
        await self.stop()

    async def freeze(self) -> None:
        """Keep connections open, let nothing through."""
        self._passing.clear()

    async def restore(self) -> None:
        """The cable is well again; what was held up passes."""
        self._passing.set()
        if self._server is None:
            await self.start()

    async def forget(self) -> None:
        """What is open now stays open and dead for ever, as after a firewall lost its memory; new connections pass."""
        self._passing.clear()
        self._passing = asyncio.Event()
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._relays.add(task)
        try:
            await self._relay(reader, writer)
        except (OSError, asyncio.CancelledError):
            pass  # one side hung up, or the cable was cut; both ends are closed either way
        finally:
            self._relays.discard(task)
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passing = self._passing
        await passing.wait()
        far_reader, far_writer = await self._dial()
        pumps = [
            asyncio.create_task(_pump(reader, far_writer, passing)),
            asyncio.create_task(_pump(far_reader, writer, passing)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            far_writer.transport.abort()
            await end(*pumps)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._target_socket is not None:
            return await asyncio.open_unix_connection(self._target_socket)
        return await asyncio.open_connection("127.0.0.1", self._target_port)


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, passing: asyncio.Event
) -> None:
    while chunk := await reader.read(65_536):
        await passing.wait()
        writer.write(chunk)
        await writer.drain()
