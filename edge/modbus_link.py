"""The port between Modbus devices and their wires, and the wire that is a TCP connection of one's own."""

from collections.abc import Sequence
from typing import Protocol

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from device_profiles.profile import ModbusTable
from edge.request_plan import Block
from edge.unit_breaker import Line

TIMEOUT_S = 1.0
GATEWAY_EXCEPTIONS = (10, 11)
"""Path unavailable, target did not answer: no use in asking for the next block."""


class ShortReply(Exception):
    """The device answered, but not with the values it was asked for."""


class NoAnswer(Exception):
    """Nothing came in time, or there is no connection; the text says which."""


class ModbusLink(Protocol):
    """A wire to one or more units. Every method raises ShortReply or NoAnswer."""

    name: str
    timeout_s: float
    line: Line

    async def read(self, unit: int, block: Block) -> Sequence[int | bool]:
        """Registers or bits of one block, exactly as many as asked for."""
        ...

    async def write_coil(self, unit: int, address: int, on: bool) -> None:
        """Switch one coil."""
        ...

    async def write_registers(self, unit: int, start: int, words: list[int]) -> None:
        """Write registers from `start` on."""
        ...

    def release(self) -> None:
        """A device is done with the wire; it may be used again later."""
        ...


class TcpLink:
    """A Modbus TCP connection of one device; after any silence it is thrown away, as a late answer would be taken for
    the next one."""

    def __init__(self, host: str, port: int, *, line: Line, timeout_s: float = TIMEOUT_S) -> None:
        self.name = f"{host}:{port}"
        self.timeout_s = timeout_s
        self.line = line
        self._host, self._port = host, port
        self._client: AsyncModbusTcpClient | None = None

    async def read(self, unit: int, block: Block) -> Sequence[int | bool]:
        """Registers or bits of one block."""
        client = await self._connected()
        start, count = block.start, block.count
        try:
            match block.table:
                case ModbusTable.HOLDING:
                    reply = await client.read_holding_registers(start, count=count, device_id=unit)
                case ModbusTable.INPUT:
                    reply = await client.read_input_registers(start, count=count, device_id=unit)
                case ModbusTable.COIL:
                    reply = await client.read_coils(start, count=count, device_id=unit)
                case ModbusTable.DISCRETE:
                    reply = await client.read_discrete_inputs(start, count=count, device_id=unit)
        except (ModbusException, OSError) as error:
            self.release()
            raise NoAnswer(str(error)) from error
        _check(reply)
        if block.table in (ModbusTable.COIL, ModbusTable.DISCRETE):
            if not count <= len(reply.bits) < count + 8:
                raise ShortReply(f"{len(reply.bits)} bits instead of {count}")
            return reply.bits
        if len(reply.registers) != count:
            raise ShortReply(f"{len(reply.registers)} registers instead of {count}")
        return reply.registers

    async def write_coil(self, unit: int, address: int, on: bool) -> None:
        """Switch one coil."""
        client = await self._connected()
        try:
            reply = await client.write_coil(address, on, device_id=unit)
        except (ModbusException, OSError) as error:
            self.release()
            raise NoAnswer(str(error)) from error
        _check(reply)

    async def write_registers(self, unit: int, start: int, words: list[int]) -> None:
        """Write registers from `start` on."""
        client = await self._connected()
        try:
            reply = await client.write_registers(start, words, device_id=unit)
        except (ModbusException, OSError) as error:
            self.release()
            raise NoAnswer(str(error)) from error
        _check(reply)

    def release(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connected(self) -> AsyncModbusTcpClient:
        client = self._client
        if client is not None and client.connected:
            return client
        self.release()
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            timeout=self.timeout_s,
            retries=0,
            reconnect_delay=0,
            name=self.name,
        )
        if not await client.connect():
            client.close()
            raise NoAnswer(f"no connection to {self.name}")
        self._client = client
        return client


def _check(reply: ModbusPDU) -> None:
    if reply.isError() and reply.exception_code in GATEWAY_EXCEPTIONS:
        raise NoAnswer("the gateway says that the unit does not answer")
    if reply.isError():
        raise ShortReply(f"the device answered {reply}")
