"""Modbus TCP server of one port with one or more units, each with the registers of its profile (pymodbus)."""

from collections.abc import Mapping

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from device_profiles.profile import ModbusTable
from simulators.register_image import RawValue, RegisterImage

_TABLE_OF_FUNCTION = {
    1: ModbusTable.COIL,
    2: ModbusTable.DISCRETE,
    3: ModbusTable.HOLDING,
    4: ModbusTable.INPUT,
}


class ModbusUnit:
    """One unit id on the bus. `show` sets its registers; each request copies the whole image at once."""

    def __init__(self, unit: int, image: RegisterImage) -> None:
        self.unit = unit
        self._image = image

    async def show(self, values: Mapping[str, RawValue]) -> None:
        """Put new raw values into the registers; a request sees all of them or none."""
        for name, value in values.items():
            self._image.put(name, value)

    def device(self) -> SimDevice:
        """The pymodbus device; addresses beyond the profile's last answer with an exception, as a device's do."""
        tables = self._image.tables
        return SimDevice(
            id=self.unit,
            simdata=(
                [_bits(tables.get(ModbusTable.COIL, [0]))],
                [_bits(tables.get(ModbusTable.DISCRETE, [0]))],
                [_registers(tables.get(ModbusTable.HOLDING, [0]))],
                [_registers(tables.get(ModbusTable.INPUT, [0]))],
            ),
            action=self._answer,
        )

    async def _answer(
        self,
        function: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Called by pymodbus for each request: bring its registers up to date before it answers."""
        del start, address, count
        if written is not None or function not in _TABLE_OF_FUNCTION:
            return ExcCodes.ILLEGAL_FUNCTION
        table = _TABLE_OF_FUNCTION[function]
        words = self._image.tables.get(table, [])
        if table in (ModbusTable.COIL, ModbusTable.DISCRETE):
            words = _packed(words)
        registers[: len(words)] = words
        return None


class ModbusServer:
    """A TCP port with its units."""

    def __init__(self, *, host: str, port: int, units: list[ModbusUnit]) -> None:
        self._address = (host, port)
        self._units = units
        self._server: ModbusTcpServer | None = None

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        self._server = ModbusTcpServer(
            [unit.device() for unit in self._units], address=self._address
        )
        await self._server.serve_forever(background=True)

    async def stop(self) -> None:
        """Close the port and all connections."""
        if self._server is not None:
            await self._server.shutdown()


def _bits(bits: list[int]) -> SimData:
    return SimData(0, values=[bool(bit) for bit in bits], datatype=DataType.BITS)


def _registers(words: list[int]) -> SimData:
    return SimData(0, values=list(words), datatype=DataType.REGISTERS)


def _packed(bits: list[int]) -> list[int]:
    """Sixteen bits a register, bit 0 first."""
    return [
        sum(bool(bit) << place for place, bit in enumerate(bits[start : start + 16]))
        for start in range(0, len(bits), 16)
    ]
