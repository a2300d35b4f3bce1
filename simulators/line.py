"""A line that carries bytes: a pseudo-terminal of this machine or a TCP port, with a device at its far end."""

import asyncio
import contextlib
import os
import tty
from pathlib import Path
from typing import Protocol

TICK_S = 0.05
CHUNK_BYTES = 4096


class LineDevice(Protocol):
    """What is at the far end."""

    def feed(self, data: bytes) -> bytes:
        """Bytes came in; these go back."""
        ...

    def tick(self) -> bytes:
        """What it says by itself, twenty times a second."""
        ...


class PtyLine:
    """A serial port: the device at one end, a symbolic link to the other end at `port`."""

    def __init__(self, port: Path, device: LineDevice) -> None:
        self._port, self._device = port, device
        self._ends: tuple[int, int] | None = None
        self._ticking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the terminal; raises OSError when the link's place is taken by a file."""
        if self._port.exists() and not self._port.is_symlink():
            raise OSError(f"{self._port} exists and is no link; choose another name")
        device_end, port_end = os.openpty()
        tty.setraw(port_end)
        os.set_blocking(device_end, False)
        self._port.unlink(missing_ok=True)
        self._port.symlink_to(os.ttyname(port_end))
        self._ends = (device_end, port_end)
        asyncio.get_running_loop().add_reader(device_end, self._ready)
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Unplug it."""
        if self._ends is None or self._ticking is None:
            return
        asyncio.get_running_loop().remove_reader(self._ends[0])
        self._ticking.cancel()
        await asyncio.gather(self._ticking, return_exceptions=True)
        for end in self._ends:
            os.close(end)
        self._ends = None
        self._port.unlink(missing_ok=True)

    def _ready(self) -> None:
        assert self._ends is not None
        with contextlib.suppress(OSError):
            self._say(self._device.feed(os.read(self._ends[0], CHUNK_BYTES)))

    def _say(self, data: bytes) -> None:
        """Nobody reads: what does not fit into the line is lost, as on a wire."""
        if data and self._ends is not None:
            with contextlib.suppress(BlockingIOError):
                os.write(self._ends[0], data)

    async def _tick(self) -> None:
        while True:
            self._say(self._device.tick())
            await asyncio.sleep(TICK_S)


class TcpLine:
    """The same behind a TCP port, as a converter has it."""

    def __init__(self, *, host: str, port: int, device: LineDevice) -> None:
        self._host, self._port, self._device = host, port, device
        self._server: asyncio.Server | None = None
        self._talks: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._accept, self._host, self._port)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        talks = dict(self._talks)
        for writer, talk in talks.items():
            talk.cancel()
            writer.transport.abort()
        await asyncio.gather(*talks.values(), return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._server is None:
            writer.transport.abort()
            return
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks[writer] = talk
        talk.add_done_callback(lambda _: self._talks.pop(writer, None))

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ticking = asyncio.create_task(self._tick(writer))
        try:
            while data := await reader.read(CHUNK_BYTES):
                writer.write(self._device.feed(data))
                await writer.drain()
        except OSError:
            pass  # hung up
        finally:
            writer.transport.abort()
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def _tick(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            if said := self._device.tick():
                writer.write(said)
                await writer.drain()
            await asyncio.sleep(TICK_S)
