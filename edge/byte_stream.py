"""Bytes to and from a device: a serial port of this machine, or a TCP connection, behind one small class."""

import asyncio
import os
import termios
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import serial

from device_profiles.endpoint import SERIAL_SCHEMES

CONNECT_TIMEOUT_S = 2.0
INBOX_BYTES_MAX = 65_536
"""Beyond that the oldest unread bytes go: nobody waits for them any more."""
_CHUNK_BYTES = 4_096


class StreamLost(OSError):
    """The port or connection is gone, or was never there; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SerialLine:
    """A serial port and how it is set."""

    port: str
    baud: int = 9_600
    bits: int = 8
    parity: str = "N"
    stop: int = 1


class ByteStream(asyncio.Protocol):
    """What has arrived and was not read yet, and the way back to the device."""

    def __init__(self) -> None:
        self._inbox = bytearray()
        self._arrived = asyncio.Event()
        self._lost: str | None = None
        self._transport: asyncio.Transport | None = None
        self._line: serial.Serial | None = None

    async def read(self) -> bytes:
        """All that has arrived, at least one byte; raises StreamLost."""
        while not self._inbox:
            if self._lost is not None:
                raise StreamLost(self._lost)
            self._arrived.clear()
            await self._arrived.wait()
        return self.take()

    def take(self) -> bytes:
        """All that has arrived, without waiting."""
        found = bytes(self._inbox)
        self._inbox.clear()
        return found

    def write(self, data: bytes) -> None:
        """Send a request; raises StreamLost."""
        if self._lost is not None:
            raise StreamLost(self._lost)
        if self._transport is not None:
            self._transport.write(data)
        elif self._line is not None:
            try:
                os.write(self._line.fileno(), data)
            except OSError as error:
                self._lose(str(error))
                raise StreamLost(str(error)) from error

    @property
    def open(self) -> bool:
        """False once the stream is lost or closed."""
        return self._lost is None

    def close(self) -> None:
        """Give the port or connection back."""
        if self._transport is not None:
            self._transport.abort()
        self._lose("closed")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self._inbox += data
        del self._inbox[:-INBOX_BYTES_MAX]
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._lose(str(exc) if exc else "the device closed the connection")

    def use_line(self, line: serial.Serial) -> None:
        """Read from a serial port from now on."""
        self._line = line
        asyncio.get_running_loop().add_reader(line.fileno(), self._line_ready)

    def _line_ready(self) -> None:
        assert self._line is not None
        try:
            data = os.read(self._line.fileno(), _CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(str(error))
            return
        if data:
            self.data_received(data)
        else:
            self._lose("the serial port hung up")

    def _lose(self, why: str) -> None:
        if self._lost is None:
            self._lost = why
        if self._line is not None:
            asyncio.get_running_loop().remove_reader(self._line.fileno())
            self._line.close()
            self._line = None
        self._arrived.set()


async def open_stream(endpoint: str) -> ByteStream:
    """Connect to the host, or open the serial port, that an endpoint names; raises StreamLost."""
    url = urlsplit(endpoint)
    stream = ByteStream()
    if url.scheme in SERIAL_SCHEMES:
        stream.use_line(_open_line(serial_line(endpoint)))
        return stream
    host, port = url.hostname or "", url.port or 0
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: stream, host, port)
    except (OSError, TimeoutError) as error:
        raise StreamLost(f"no connection to {host}:{port}") from error
    return stream


def serial_line(endpoint: str) -> SerialLine:
    """The port and settings of an endpoint such as `modbus-rtu:///dev/ttyUSB0?baud=19200&parity=E`."""
    url = urlsplit(endpoint)
    options = {key: found[-1] for key, found in parse_qs(url.query).items()}
    return SerialLine(
        port=url.path,
        baud=int(options.get("baud", "9600")),
        bits=int(options.get("bits", "8")),
        parity=options.get("parity", "N"),
        stop=int(options.get("stop", "1")),
    )


def _open_line(line: SerialLine) -> serial.Serial:
    try:
        return serial.Serial(
            line.port,
            baudrate=line.baud,
            bytesize=line.bits,
            parity=line.parity,
            stopbits=line.stop,
            timeout=0,
            exclusive=True,
        )
    except (OSError, ValueError, termios.error) as error:
        # pyserial's SerialException is an OSError; the others are settings that the port does not know.
        raise StreamLost(f"serial port {line.port} cannot be opened: {error}") from error
