"""Small devices that speak bytes: Modbus RTU units and ASCII scales, at the end of a serial line or a TCP port."""

import asyncio
import contextlib
import os
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from edge.ending import end
from edge.rtu_frames import crc16
from edge.scale_dialects import checksum


class LineDevice(Protocol):
    """What is at the far end of a line."""

    def feed(self, data: bytes) -> bytes:
        """Bytes came in; these go back."""
        ...

    def tick(self) -> bytes:
        """What it says by itself, twenty times a second."""
        ...


class RtuUnits:
    """Modbus units on one line: holding registers, functions 3, 6 and 16, and a log of who was asked."""

    def __init__(self, *units: int) -> None:
        self.registers = {unit: [0] * 100 for unit in units}
        self.asked: list[int] = []
        """Unit of every whole request, known or not."""
        self.failing: set[int] = set()
        """Addresses that answer with a device failure."""
        self.read_only: set[int] = set()
        """Addresses that accept what is written and keep what they have."""
        self.garble: Callable[[bytes], bytes] = bytes
        """What the line makes of each reply."""
        self._rest = b""

    def feed(self, data: bytes) -> bytes:
        self._rest += data
        answers = b""
        while len(self._rest) >= 8:
            length = 9 + self._rest[6] if self._rest[1] == 16 else 8
            request, rest = self._rest[:length], self._rest[length:]
            if len(request) < length:
                break
            if crc16(request[:-2]) != request[-2:]:
                self._rest = self._rest[1:]
                continue
            self._rest = rest
            answers += self._answer(request)
        return answers

    def tick(self) -> bytes:
        return b""

    def _answer(self, request: bytes) -> bytes:
        unit, function = request[0], request[1]
        self.asked.append(unit)
        if unit not in self.registers:
            return b""
        start, count = int.from_bytes(request[2:4], "big"), int.from_bytes(request[4:6], "big")
        if start in self.failing:
            body = bytes((unit, function | 0x80, 4))
        elif function == 3:
            words = self.registers[unit][start : start + count]
            body = bytes((unit, 3, 2 * count)) + b"".join(w.to_bytes(2, "big") for w in words)
        else:
            for i in range(count):
                word = int.from_bytes(request[7 + 2 * i : 9 + 2 * i], "big")
                if start + i not in self.read_only:
                    self.registers[unit][start + i] = word
            body = request[:6]
        return self.garble(body + crc16(body))


class SicsScale:
    """An MT-SICS scale; a weight of None cannot be weighed now."""

    def __init__(self) -> None:
        self.weight: float | None = 0
        self.status = "S"
        self.tare = 0.0
        self.unit = "kg"
        self.asked: list[str] = []
        self._rest = b""
        self._repeating = False

    def feed(self, data: bytes) -> bytes:
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        return b"".join(self._answer(line.decode()) for line in lines)

    def tick(self) -> bytes:
        return self._weight() if self._repeating else b""

    def _answer(self, command: str) -> bytes:
        self.asked.append(command)
        match command:
            case "SI":
                return self._weight()
            case "SIR":
                self._repeating = True
                return self._weight()
            case "TA":
                return f"TA A {self.tare:10.3f} {self.unit}\r\n".encode()
            case _:
                return b"ES\r\n"

    def _weight(self) -> bytes:
        if self.weight is None:
            return b"S I\r\n"
        if self.status in "+-":
            return f"S {self.status}\r\n".encode()
        return f"S {self.status} {self.weight:10.3f} {self.unit}\r\n".encode()


def toledo_frame(
    shown: int, *, tare: int = 0, moving: bool = False, fault: bool = False, decimals: int = 0
) -> bytes:
    """A frame of Toledo continuous output, in kg; with a tare the weight shown is net."""
    status_b = 0x30 | bool(tare) | (shown < 0) << 1 | moving << 3 | fault << 6
    head = bytes((0x02, 0x28 | decimals + 2, status_b, 0x20))
    return head + f"{abs(shown):6d}{tare:6d}\r".encode()


class ToledoScale:
    """Says its weight twenty times a second, with a checksum."""

    def __init__(self) -> None:
        self.frame = toledo_frame(0)

    def feed(self, data: bytes) -> bytes:
        return b""

    def tick(self) -> bytes:
        return self.frame + bytes((checksum(self.frame),))


class PtyLine:
    """A serial line: the device at one end, a port of this machine (a symbolic link) at the other."""

    def __init__(self, port: Path, device: LineDevice) -> None:
        self.port = port
        self.powered = True
        self._device = device
        self._passing = True
        self._ends: tuple[int, int] | None = None
        self._talk: asyncio.Task[None] | None = None

    async def start(self) -> None:
        if self._ends is not None:
            return
        device_end, port_end = os.openpty()
        tty.setraw(port_end)
        os.set_blocking(device_end, False)
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(os.ttyname(port_end))
        self._ends = (device_end, port_end)
        asyncio.get_running_loop().add_reader(device_end, self._ready)
        self._talk = asyncio.create_task(self._ticking())

    async def stop(self) -> None:
        """Unplug the adapter: the port is gone."""
        if self._ends is None or self._talk is None:
            return
        asyncio.get_running_loop().remove_reader(self._ends[0])
        await end(self._talk)
        for file in self._ends:
            os.close(file)
        self._ends = None
        self.port.unlink()

    async def cut(self) -> None:
        await self.stop()

    async def freeze(self) -> None:
        self._passing = False

    async def restore(self) -> None:
        self._passing = True
        await self.start()

    def inject(self, noise: bytes) -> None:
        """Bytes on the line that nobody sent."""
        self._say(noise)

    def _ready(self) -> None:
        assert self._ends is not None
        with contextlib.suppress(OSError):
            data = os.read(self._ends[0], 4096)
            if self._passing and self.powered:
                self._say(self._device.feed(data))

    def _say(self, data: bytes) -> None:
        if data and self._ends is not None and self._passing and self.powered:
            with contextlib.suppress(BlockingIOError):
                os.write(self._ends[0], data)

    async def _ticking(self) -> None:
        while True:
            self._say(self._device.tick())
            await asyncio.sleep(0.05)


class TcpLine:
    """The same device behind a TCP port."""

    def __init__(self, port: int, device: LineDevice) -> None:
        self.port = port
        self._device = device
        self._server: asyncio.Server | None = None
        self._talks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await end(*self._talks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.05):
                        data = await reader.read(4096)
                    if not data:
                        return
                    writer.write(self._device.feed(data))
                    continue
                writer.write(self._device.tick())
        except (OSError, asyncio.CancelledError):
            pass  # hung up, or switched off; the connection is closed either way
        finally:
            self._talks.discard(talk)
            writer.transport.abort()
