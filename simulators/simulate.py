"""`lineside-simulate PROFILE`: one device of a profile on its real protocol, with values that move.

For trying a profile without the device: point `lineside-edge probe` or an agent at the endpoint that is printed.
"""

import argparse
import asyncio
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from device_profiles.catalog import ProfileFaults, load_profile, load_profile_by_id
from device_profiles.endpoint import endpoint_fault, shown
from device_profiles.placement import placed
from device_profiles.plant import Device
from device_profiles.profile import Profile
from device_profiles.profile import Protocol as Wire
from device_profiles.program import (
    Clock,
    SettingsFaults,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from gateway.contract.equipment import EquipmentPath
from simulators.ascii_scale import AsciiScale
from simulators.line import LineDevice, PtyLine, TcpLine
from simulators.lively import LivelyDevice, moved
from simulators.modbus_machine import ModbusServer, ModbusUnit
from simulators.mqtt_machine import MqttMachine
from simulators.opcua_machine import OpcUaMachine
from simulators.register_image import RawValue, RegisterImage
from simulators.rtu_machine import RtuUnit
from simulators.sparkplug_machine import SparkplugMachine, node_path

TICK_S = 0.1
_USUAL = {
    Wire.MODBUS_TCP: "modbus-tcp://127.0.0.1:5020?unit=1",
    Wire.MODBUS_RTU: "modbus-rtu:///tmp/lineside-line?unit=1",
    Wire.OPCUA: "opc.tcp://127.0.0.1:4840/",
    Wire.MQTT: "mqtt://127.0.0.1:1883/plant/device",
    Wire.SPARKPLUG: "sparkplug://127.0.0.1:1883/Works/Node/Device",
    Wire.ASCII_SCALE: "scale+tcp://127.0.0.1:4001",
}
_EPILOG = """\
examples
  lineside-simulate packml-moulder
  lineside-simulate gauger.yaml --endpoint modbus-tcp://127.0.0.1:5020?unit=3
  lineside-simulate laumas-tlu --endpoint modbus-rtu:///tmp/line?unit=1      a serial port, as a link to a pseudo-terminal
  lineside-simulate mettler-mt-sics --endpoint scale+serial:///tmp/scale
  lineside-simulate shelly-gen2 --endpoint mqtt://127.0.0.1:1883/shelly-1     the broker must be there

Then, in another window: lineside-edge probe PROFILE ENDPOINT
"""


class Running(Protocol):
    """A server, or a client of a broker."""

    async def start(self) -> None:
        """Open it; raises OSError when the place is taken."""
        ...

    async def stop(self) -> None:
        """Close it."""
        ...


class Face(Protocol):
    """What shows values."""

    async def show(self, values: Mapping[str, RawValue]) -> None:
        """New raw values."""
        ...


class NotServed(Exception):
    """The endpoint and the profile do not go together; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedDevice:
    """One device on its protocol."""

    device: LivelyDevice
    server: Running
    face: Face
    clock: Clock
    _shown: dict[str, RawValue] = field(default_factory=dict[str, RawValue])

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; raises OSError when the place is taken."""
        await self.server.start()
        try:
            while not stop.is_set():
                values = moved(self._shown, self.device.values())
                self._shown.update(values)
                await self.face.show(values)
                await self.clock.sleep(TICK_S)
                self.device.step(TICK_S)
        finally:
            await self.server.stop()


def compose(profile: Profile, endpoint: str, clock: Clock, *, seed: str = "1") -> SimulatedDevice:
    """A device of a profile at an endpoint; raises NotServed."""
    server, face = _plugged(profile, endpoint, clock.now)
    device = LivelyDevice(profile, rng=random.Random(seed))
    return SimulatedDevice(device=device, server=server, face=face, clock=clock)


def _plugged(profile: Profile, endpoint: str, now: Callable[[], datetime]) -> tuple[Running, Face]:
    if fault := endpoint_fault(endpoint, profile.protocol):
        raise NotServed(fault)
    url = urlsplit(endpoint)
    host, port = url.hostname or "127.0.0.1", url.port or 0
    match url.scheme:
        case "modbus-tcp":
            unit = ModbusUnit(_unit(url.query), RegisterImage(profile.signals.values()))
            return ModbusServer(host=host, port=port, units=[unit]), unit
        case "modbus-rtu" | "modbus-rtu-tcp":
            rtu = RtuUnit(_unit(url.query), RegisterImage(profile.signals.values()))
            return _line(url.scheme == "modbus-rtu", host, port, url.path, rtu), rtu
        case "scale+serial" | "scale+tcp":
            scale = AsciiScale(profile)
            return _line(url.scheme == "scale+serial", host, port, url.path, scale), scale
        case "opc.tcp":
            opcua = OpcUaMachine(profile, host=host, port=port, path=url.path, now=now)
            return opcua, opcua
        case "mqtt":
            device = _alone(profile, endpoint)
            base = url.path.strip("/")
            mqtt = MqttMachine(device, host=host, port=port or 1883, base=base, now=now)
            return mqtt, mqtt
        case "sparkplug":
            node = SparkplugMachine(
                profile, host=host, port=port or 1883, path=node_path(url.path), now=now
            )
            return node, node
        case other:
            raise NotServed(f"{other}:// is not simulated")


def _line(serial: bool, host: str, port: int, path: str, device: LineDevice) -> Running:
    return PtyLine(Path(path), device) if serial else TcpLine(host=host, port=port, device=device)


def _alone(profile: Profile, endpoint: str) -> Device:
    return Device(
        id=profile.id,
        profile=profile,
        endpoint=endpoint,
        agent="simulate",
        equipment=EquipmentPath("site"),
        bindings=(),
    )


def _unit(query: str) -> int:
    return int(parse_qs(query).get("unit", ["1"])[0])


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve one device until it is told to stop; exit status 2 when profile or endpoint are wrong."""
    parser = argparse.ArgumentParser(
        prog="lineside-simulate",
        description="Serves the map of one profile on its real protocol, with plausible moving values.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("profile", help="id of a profile that comes with the product, or a file")
    parser.add_argument("--endpoint", help="where to be, as a plant file says it")
    parser.add_argument("--port", type=int, help="of the usual endpoint, instead of its own")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="WORD=VALUE",
        help="an open word of the profile's addresses; several times",
    )
    parser.add_argument("--seed", default="1", help="decides what happens by chance (1)")
    chosen = parser.parse_args(arguments)
    configure_logging(program="lineside-simulate")
    try:
        profile = placed(_profile(chosen.profile), _words(chosen.set))
    except ProfileFaults as faults:
        sys.stderr.write(f"{faults}\n")
        return 2
    endpoint = chosen.endpoint or _usual(profile, chosen.port)

    async def work(stop: asyncio.Event) -> None:
        try:
            simulated = compose(profile, endpoint, SystemClock(), seed=chosen.seed)
            sys.stdout.write(f"{profile.id} is at {shown(endpoint)}\n")
            sys.stdout.flush()
            await simulated.run(stop)
        except NotServed as fault:
            raise SettingsFaults([str(fault)]) from fault
        except OSError as error:
            raise SettingsFaults([f"{shown(endpoint)} cannot be opened: {error}"]) from error

    return run_until_stopped(work)


def _words(given: Sequence[str]) -> dict[str, str]:
    """`db=Press7` as a word and what it stands for."""
    found = [word.partition("=") for word in given]
    return {word: meaning for word, _, meaning in found}


def _profile(name: str) -> Profile:
    if name.endswith((".yaml", ".yml")):
        return load_profile(Path(name))
    return load_profile_by_id(name)


def _usual(profile: Profile, port: int | None) -> str:
    usual = _USUAL[profile.protocol]
    own = urlsplit(usual).port
    return usual.replace(f":{own}", f":{port}") if port and own else usual


if __name__ == "__main__":
    sys.exit(main())
