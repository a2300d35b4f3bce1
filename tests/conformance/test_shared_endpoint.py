"""Several units behind one Modbus TCP gateway that can ask only one of them at a time."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from device_profiles.catalog import load_profile
from device_profiles.program import SystemClock
from edge.ending import end
from edge.modbus_driver import ModbusDriver, ModbusLinks
from edge.rtu_frames import crc16
from tests.conformance.device_rigs import MODBUS
from tests.conformance.gateway_rig import free_port, until
from tests.conformance.line_devices import RtuUnits
from tests.conformance.test_serial_lines import running

ALIVE, DEAD = 3, 9
GATEWAY_WAITS_S = 0.05
GATEWAY_TARGET_SILENT = 11


class TcpGateway:
    """A serial line behind Modbus TCP: every request waits for the line; a silent unit blocks it for a while."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.units = RtuUnits(ALIVE)
        self._line = asyncio.Lock()
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await end(*self._talks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        self._talks.add(talk)
        try:
            while True:
                head = await reader.readexactly(6)
                request = await reader.readexactly(int.from_bytes(head[4:6], "big"))
                reply = await self._ask(request)
                writer.write(head[:4] + len(reply).to_bytes(2, "big") + reply)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client hung up, or the gateway was switched off
        finally:
            self._talks.discard(talk)
            writer.transport.abort()

    async def _ask(self, request: bytes) -> bytes:
        async with self._line:
            reply = self.units.feed(request + crc16(request))[:-2]
            if not reply:
                await asyncio.sleep(GATEWAY_WAITS_S)
                reply = bytes((request[0], request[1] | 0x80, GATEWAY_TARGET_SILENT))
            return reply


@pytest.fixture
async def gateway() -> AsyncIterator[TcpGateway]:
    gateway = TcpGateway(free_port())
    await gateway.start()
    yield gateway
    await gateway.stop()


async def test_a_dead_unit_behind_a_gateway_does_not_slow_its_neighbours(
    gateway: TcpGateway, tmp_path: Path
) -> None:
    (tmp_path / "tiny.yaml").write_text(MODBUS)
    profile, links, clock = load_profile(tmp_path / "tiny.yaml"), ModbusLinks(), SystemClock()
    drivers = [
        ModbusDriver(
            endpoint=f"modbus-tcp://127.0.0.1:{gateway.port}?unit={unit}&timeout_ms=200",
            profile=profile,
            clock=clock,
            links=links,
        )
        for unit in (ALIVE, DEAD)
    ]
    async with running(*drivers) as (alive, dead):
        await until(lambda: len(dead.faults) >= 6, "the dead unit asked again and again")
        assert alive.faults == []
        assert dead.good_polls == 0
        asked = [*gateway.units.asked]
    # Three polls open the breaker; a poll is two requests to the unit that lives, one to the one that is dead.
    at = [i for i, unit in enumerate(asked) if unit == DEAD]
    between = [later - earlier - 1 for earlier, later in pairwise(at[3:])]
    assert len(between) >= 2
    assert all(requests >= 20 for requests in between), between
