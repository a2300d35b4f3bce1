"""The Modbus device of `benchmarks.edge`: every tag is a 32-bit counter that steps at the same beat.

`python -m benchmarks.edge_modbus --port 5020 --tags 1000 --step-ms 100` serves holding registers 0 to 2 x tags - 1, high
word first; tag i holds i x 1,000,000 + n after n steps. The values follow from the clock, so the device takes next to no
CPU and is never late. The beat begins with the first request, half a step before it: a master that polls at the device's
own pace then meets each step once, which two clocks that beat against each other would not. It prints the moment of step
0 (seconds since 1970) as one JSON line.
"""

import argparse
import asyncio
import json
import struct
import time
from collections.abc import Sequence

TAG_SPACING = 1_000_000
_HEADER = struct.Struct(">HHHBBHH")
"""Transaction, protocol, length, unit, function, start, count."""
_READ_HOLDING, _COUNT_MAX = 3, 125


class Beat:
    """The registers as they are now."""

    def __init__(self, tags: int, step_s: float) -> None:
        self._bases = [tag * TAG_SPACING for tag in range(tags)]
        self._packer = struct.Struct(f">{tags}I")
        self._step_s = step_s
        self._begun: float | None = None
        self._step = -1
        self._image = b""

    def image(self) -> bytes:
        """All registers at this moment."""
        now = time.time()
        if self._begun is None:
            self._begun = now - self._step_s / 2
            print(json.dumps({"step_0": self._begun}), flush=True)
        step = int((now - self._begun) / self._step_s)
        if step != self._step:
            self._step = step
            self._image = self._packer.pack(*[base + step for base in self._bases])
        return self._image


class Unit(asyncio.Protocol):
    """One connection."""

    def __init__(self, beat: Beat) -> None:
        self._beat = beat
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A master came."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        self._received += data
        while len(self._received) >= _HEADER.size:
            request, self._received = self._received[: _HEADER.size], self._received[_HEADER.size :]
            assert self._transport is not None
            self._transport.write(self._answer(*_HEADER.unpack(request)))

    def _answer(
        self,
        transaction: int,
        protocol: int,
        length: int,
        unit: int,
        function: int,
        start: int,
        count: int,
    ) -> bytes:
        words = self._beat.image()[2 * start : 2 * (start + count)]
        if (function, length) != (_READ_HOLDING, 6) or count > _COUNT_MAX or len(words) < 2 * count:
            return struct.pack(">HHHBBB", transaction, protocol, 3, unit, function | 0x80, 2)
        head = struct.pack(
            ">HHHBBB", transaction, protocol, 3 + len(words), unit, function, len(words)
        )
        return head + words


async def serve(*, port: int, tags: int, step_s: float) -> None:
    """Serve until killed."""
    beat = Beat(tags, step_s)
    server = await asyncio.get_running_loop().create_server(lambda: Unit(beat), "127.0.0.1", port)
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tags", type=int, default=1000)
    parser.add_argument("--step-ms", type=float, default=100.0)
    chosen = parser.parse_args(arguments)
    asyncio.run(serve(port=chosen.port, tags=chosen.tags, step_s=chosen.step_ms / 1000))


if __name__ == "__main__":
    main()
