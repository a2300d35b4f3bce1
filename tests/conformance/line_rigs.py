"""The tiny device of the conformance suite on serial lines and on TCP ports that carry the same bytes."""

from pathlib import Path

from device_profiles.catalog import load_profile
from device_profiles.profile import Profile
from device_profiles.program import SystemClock
from edge.ascii_scale_driver import AsciiScaleDriver
from edge.driver import Driver
from edge.modbus_driver import ModbusDriver
from tests.conformance.device_rigs import HEAD, MODBUS
from tests.conformance.gateway_rig import free_port
from tests.conformance.line_devices import (
    PtyLine,
    RtuUnits,
    SicsScale,
    TcpLine,
    ToledoScale,
    toledo_frame,
)
from tests.conformance.tcp_proxy import TcpProxy

RTU = MODBUS.replace("protocol: modbus-tcp", "protocol: modbus-rtu")
_COUNTER = (
    "counter: {kind: cumulative, modulus: 1000000, rate_max_per_s: 1000, burst: 100, jitter: 2}"
)
SCALE = f"""{HEAD}protocol: ascii-scale
ascii_scale: {{dialect: DIALECT}}
lost_after_s: 2.5
poll_ms: 50
signals:
  good: {{role: good, field: net, type: u32, unit: kg, {_COUNTER}}}
  state: {{role: state, field: moving, type: bool, states: {{"0": down, "1": running}}}}
"""
UNIT = 3


def _profile(directory: Path, text: str) -> Profile:
    file = directory / "tiny.yaml"
    file.write_text(text)
    return load_profile(file)


class RtuRig:
    """One unit on a serial line."""

    carries_time = False

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, RTU)
        self.units = RtuUnits(UNIT)
        self.link = PtyLine(directory / "ttyTiny", self.units)

    def driver(self) -> Driver:
        endpoint = f"modbus-rtu://{self.link.port}?baud=115200&unit={UNIT}&timeout_ms=200"
        return ModbusDriver(endpoint=endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        self.link.powered = True

    async def stop(self) -> None:
        self.link.powered = False

    async def show(self, *, good: int, running: bool) -> None:
        self.units.registers[UNIT][:3] = [good >> 16, good & 0xFFFF, int(running)]

    async def spoil(self) -> None:
        self.units.failing.add(0)


class RtuTcpRig:
    """The same line behind a converter that passes its bytes through."""

    carries_time = False

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, RTU)
        self.units = RtuUnits(UNIT)
        self._line = TcpLine(free_port(), self.units)
        self.link = TcpProxy(port=free_port(), target_port=self._line.port)

    def driver(self) -> Driver:
        endpoint = f"modbus-rtu-tcp://127.0.0.1:{self.link.port}?unit={UNIT}"
        return ModbusDriver(endpoint=endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        await self._line.start()

    async def stop(self) -> None:
        await self._line.stop()

    async def show(self, *, good: int, running: bool) -> None:
        self.units.registers[UNIT][:3] = [good >> 16, good & 0xFFFF, int(running)]

    async def spoil(self) -> None:
        self.units.failing.add(0)


class SicsRig:
    """An MT-SICS scale on a TCP port: what it weighs is the count, in motion means running."""

    carries_time = False

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, SCALE.replace("DIALECT", "mt-sics"))
        self.scale = SicsScale()
        self._line = TcpLine(free_port(), self.scale)
        self.link = TcpProxy(port=free_port(), target_port=self._line.port)

    def driver(self) -> Driver:
        endpoint = f"scale+tcp://127.0.0.1:{self.link.port}"
        return AsciiScaleDriver(endpoint=endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        await self._line.start()

    async def stop(self) -> None:
        await self._line.stop()

    async def show(self, *, good: int, running: bool) -> None:
        self.scale.weight, self.scale.status = good, "D" if running else "S"

    async def spoil(self) -> None:
        self.scale.weight = None


class ToledoRig:
    """A scale with Toledo continuous output on a serial line."""

    carries_time = False

    def __init__(self, directory: Path) -> None:
        self.profile = _profile(directory, SCALE.replace("DIALECT", "toledo-continuous"))
        self.scale = ToledoScale()
        self.link = PtyLine(directory / "ttyScale", self.scale)

    def driver(self) -> Driver:
        endpoint = f"scale+serial://{self.link.port}?baud=9600"
        return AsciiScaleDriver(endpoint=endpoint, profile=self.profile, clock=SystemClock())

    async def start(self) -> None:
        self.link.powered = True

    async def stop(self) -> None:
        self.link.powered = False

    async def show(self, *, good: int, running: bool) -> None:
        self.scale.frame = toledo_frame(good, moving=running)

    async def spoil(self) -> None:
        self.scale.frame = toledo_frame(0, fault=True)


LINE_RIGS = {
    "modbus-rtu": RtuRig,
    "modbus-rtu-tcp": RtuTcpRig,
    "mt-sics": SicsRig,
    "toledo": ToledoRig,
}
READ_ONLY = ("mt-sics", "toledo")
