"""The cable between a device and whoever reads it: a TCP relay that can be cut, frozen (half open) and restored."""

import asyncio
import contextlib
from enum import StrEnum
from typing import Protocol

CHUNK_BYTES = 65_536


class Cable(Protocol):
    """What can be done to the connection between a device and its reader."""

    state: "LinkState"

    async def cut(self) -> None:
        """Close connections and refuse new ones."""
        ...

    async def freeze(self) -> None:
        """Keep connections open, let nothing through."""
        ...

    async def restore(self) -> None:
        """Well again."""
        ...


class LinkState(StrEnum):
    """How the cable is."""

    CLEAR = "clear"
    CUT = "cut"
    FROZEN = "frozen"


class Link:
    """Relays host:port to a device's own port. `cut` closes everything and refuses; `freeze` keeps connections open
    and passes nothing; `restore` passes on what was held up, as TCP would send it again."""

    def __init__(self, *, host: str, port: int, device_port: int) -> None:
        self._host, self._port, self._device_port = host, port, device_port
        self.state = LinkState.CLEAR
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = await asyncio.start_server(
            self._serve, self._host, self._port, reuse_address=True
        )

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks = [*self._connections]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def cut(self) -> None:
        """Close all connections and refuse new ones."""
        self.state = LinkState.CUT
        await self.stop()

    async def freeze(self) -> None:
        """Keep connections open, let nothing through."""
        if self.state is LinkState.CLEAR:
            self.state = LinkState.FROZEN
            self._passing.clear()

    async def restore(self) -> None:
        """The cable is well again."""
        if self.state is LinkState.CUT:
            await self.start()
        self.state = LinkState.CLEAR
        self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._relay(reader, writer)
        except OSError:
            pass  # one side hung up; the other is closed below
        except asyncio.CancelledError:
            writer.transport.abort()  # the cable was cut: the peer sees a reset
        finally:
            self._connections.discard(task)
            writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._passing.wait()
        device_reader, device_writer = await asyncio.open_connection(self._host, self._device_port)
        pumps = [
            asyncio.create_task(self._pump(reader, device_writer)),
            asyncio.create_task(self._pump(device_reader, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            device_writer.close()
            with contextlib.suppress(OSError):
                await device_writer.wait_closed()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(CHUNK_BYTES):
            await self._passing.wait()
            writer.write(chunk)
            await writer.drain()
