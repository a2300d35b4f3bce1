"""A Modbus RTU line: one serial port, or one RTU-over-TCP connection, for all units on it; one request at a time."""

import asyncio
from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from device_profiles.endpoint import SERIAL_SCHEMES
from device_profiles.profile import ModbusTable
from edge.byte_stream import ByteStream, StreamLost, open_stream, serial_line
from edge.modbus_link import GATEWAY_EXCEPTIONS, NoAnswer, ShortReply
from edge.request_plan import Block
from edge.rtu_frames import (
    EXCEPTIONS,
    Reply,
    bits,
    coil_request,
    find_reply,
    read_request,
    registers,
    registers_request,
)
from edge.unit_breaker import Line

TIMEOUT_S = 0.5
SILENCE_CHARS = 3.5
"""Characters of silence between two frames; 1.75 ms above 19,200 baud (serial line guide, 2.5.1.1)."""
_CHAR_BITS = 11
_SILENCE_MIN_S = 0.00175


class RtuBus:
    """Shared by the devices of one line. Garbage is passed over; what is not answered in time is not answered."""

    def __init__(self, endpoint: str) -> None:
        url = urlsplit(endpoint)
        options = parse_qs(url.query)
        self._endpoint = endpoint
        self._serial = url.scheme in SERIAL_SCHEMES
        self.name = url.path if self._serial else f"{url.hostname}:{url.port}"
        self.timeout_s = int(options.get("timeout_ms", ["0"])[-1]) / 1000 or TIMEOUT_S
        self.line = Line()
        baud = serial_line(endpoint).baud if self._serial else 1_000_000
        self._silence_s = max(_SILENCE_MIN_S, SILENCE_CHARS * _CHAR_BITS / baud)
        self._turn = asyncio.Lock()
        self._stream: ByteStream | None = None
        self._quiet = True

    async def read(self, unit: int, block: Block) -> Sequence[int | bool]:
        """Registers or bits of one block."""
        reply = await self._ask(read_request(unit, block.table, block.start, block.count))
        if block.table in (ModbusTable.COIL, ModbusTable.DISCRETE):
            return bits(reply.data, block.count)
        return registers(reply.data)

    async def write_coil(self, unit: int, address: int, on: bool) -> None:
        """Switch one coil."""
        await self._ask(coil_request(unit, address, on))

    async def write_registers(self, unit: int, start: int, words: list[int]) -> None:
        """Write registers from `start` on."""
        await self._ask(registers_request(unit, start, words))

    def release(self) -> None:
        """Close the port, unless a request is under way; the next request opens it again."""
        if not self._turn.locked():
            self._drop()

    async def _ask(self, request: bytes) -> Reply:
        async with self._turn:
            try:
                reply = await self._exchange(request)
            except StreamLost as error:
                self._drop()
                raise NoAnswer(str(error)) from error
            except asyncio.CancelledError:
                self._quiet = False
                raise
        if reply.exception is not None:
            why = EXCEPTIONS.get(reply.exception, f"exception {reply.exception}")
            if reply.exception in GATEWAY_EXCEPTIONS:
                raise NoAnswer(why)
            raise ShortReply(f"the device answered: {why}")
        return reply

    async def _exchange(self, request: bytes) -> Reply:
        stream = await self._opened()
        if not self._quiet:
            await self._hush(stream)
        stream.take()
        stream.write(request)
        received = b""
        try:
            async with asyncio.timeout(self.timeout_s):
                while (reply := find_reply(request, received)) is None:
                    received += await stream.read()
        except TimeoutError:
            self._quiet = False
            if not self._serial:
                self._drop()
            heard = f", only {len(received)} bytes that are no answer" if received else ""
            raise NoAnswer(f"no answer within {self.timeout_s:g} s{heard}") from None
        await asyncio.sleep(self._silence_s)
        return reply

    async def _hush(self, stream: ByteStream) -> None:
        """Let a late answer run out before the next question, but not for longer than an answer may take."""
        try:
            async with asyncio.timeout(self.timeout_s):
                while True:
                    stream.take()
                    try:
                        async with asyncio.timeout(4 * self._silence_s):
                            await stream.read()
                    except TimeoutError:
                        break
        except TimeoutError:
            pass  # a line that never falls silent: the CRC sorts answers from noise
        self._quiet = True

    async def _opened(self) -> ByteStream:
        if self._stream is None or not self._stream.open:
            self._stream = await open_stream(self._endpoint)
            self._quiet = not self._serial
        return self._stream

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
