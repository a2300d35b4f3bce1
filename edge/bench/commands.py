"""The bench's commands: `check`, `schema`, `profiles`, `probe`, `browse`, `record` and `replay`.

Exit status: 0 done, 1 a fault was found or the device was not heard, 2 the command was not understood.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from device_profiles.broker import Broker
from device_profiles.catalog import (
    ProfileFaults,
    load_plant,
    load_profile,
    load_profile_by_id,
)
from device_profiles.endpoint import endpoint_fault, shown
from device_profiles.json_schema import schema_text
from device_profiles.overview import overview
from device_profiles.placement import placed
from device_profiles.plant import Device, Plant
from device_profiles.program import Clock, SettingsFaults
from edge.bench.browse import Bounds, NotBrowsable, browse
from edge.bench.probe import probe, table
from edge.bench.record import record
from edge.bench.replay import replay
from edge.bench.trace import TraceFault, read_trace
from edge.driver import Driver
from edge.opcua_security import NO_SECURITY, OpcUaSecurity
from gateway.contract.equipment import EquipmentPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What an agent's settings file says."""

    plant: Plant
    drivers: Mapping[str, Driver]
    """Device of the agent -> its driver; nothing is connected yet."""
    broker: Broker
    security: Mapping[str, OpcUaSecurity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What the program lends to its commands."""

    clock: Clock
    broker: Broker
    say: Callable[[str], None]
    complain: Callable[[str], None]
    settled: Callable[[Path], Settled]
    """Reads a settings file; raises SettingsFaults."""


class Misused(Exception):
    """The arguments do not make sense together; the text says what would."""


def run_bench_command(arguments: argparse.Namespace, bench: Bench) -> int:
    """Run the chosen command. Exit status."""
    try:
        return _COMMANDS[arguments.command](arguments, bench)
    except Misused as error:
        bench.complain(str(error))
        return 2
    except (ProfileFaults, TraceFault, NotBrowsable, OSError) as error:
        bench.complain(str(error))
        return 1


def _check(arguments: argparse.Namespace, bench: Bench) -> int:
    wrong = 0
    files: Sequence[Path] = arguments.files
    for file in files:
        try:
            bench.say(f"{file}: {_checked(file)}, no faults")
        except ProfileFaults as faults:
            wrong += len(faults.faults)
            bench.complain(str(faults))
    return 1 if wrong else 0


def _checked(file: Path) -> str:
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    if "lineside.plant/" in text:
        plant = load_plant(file)
        return f"plant {plant.site}, {len(plant.devices)} devices"
    profile = load_profile(file)
    return f"profile {profile.id}, {len(profile.signals)} signals"


def _schema(arguments: argparse.Namespace, bench: Bench) -> int:
    bench.say(schema_text(arguments.kind).rstrip("\n"))
    return 0


def _profiles(arguments: argparse.Namespace, bench: Bench) -> int:
    del arguments
    bench.say(overview().rstrip("\n"))
    return 0


def _probe(arguments: argparse.Namespace, bench: Bench) -> int:
    broker, security = bench.broker, NO_SECURITY
    if arguments.settings:
        settled = _settled(arguments, bench)
        device = _named(settled.plant, arguments)
        broker, security = settled.broker, settled.security.get(device.id, NO_SECURITY)
    elif arguments.plant:
        file: Path = arguments.plant
        device = _named(load_plant(file), arguments)
    else:
        device = _device_of_profile(arguments)
    looking = probe(
        device, clock=bench.clock, broker=broker, within_s=arguments.within, security=security
    )
    try:
        rows = asyncio.run(looking)
    except ConnectionError as error:
        bench.complain(f"{shown(device.endpoint)}: {error}")
        return 1
    bench.say(table(rows))
    return 0 if all(row.quality == "good" for row in rows) else 1


def _settled(arguments: argparse.Namespace, bench: Bench) -> Settled:
    try:
        return bench.settled(arguments.settings)
    except SettingsFaults as faults:
        raise Misused(str(faults)) from faults


def _named(plant: Plant, arguments: argparse.Namespace) -> Device:
    """The device of --device."""
    known = ", ".join(plant.devices) or "none"
    if getattr(arguments, "profile", None) or arguments.endpoint or not arguments.device:
        raise Misused(f"name the device alone: --device ID; devices: {known}")
    if arguments.device not in plant.devices:
        raise Misused(f"{plant.site} has no device {arguments.device!r}; devices: {known}")
    return plant.devices[arguments.device]


def _device_of_profile(arguments: argparse.Namespace) -> Device:
    if not arguments.profile or not arguments.endpoint:
        raise Misused("write probe PROFILE ENDPOINT, or probe --plant FILE --device ID")
    file = Path(arguments.profile)
    profile = load_profile(file) if file.is_file() else load_profile_by_id(arguments.profile)
    given = dict(_word(text) for text in arguments.words)
    if unknown := given.keys() - profile.parameters.keys():
        known = ", ".join(profile.parameters) or "none"
        raise Misused(f"{profile.id} leaves no {', '.join(sorted(unknown))} open; words: {known}")
    if wrong := endpoint_fault(arguments.endpoint, profile.protocol):
        raise Misused(f"{shown(arguments.endpoint)!r} does not suit {profile.protocol}; {wrong}")
    return Device(
        id="probe",
        profile=placed(profile, given),
        endpoint=arguments.endpoint,
        agent="probe",
        equipment=EquipmentPath("probe"),
        bindings=(),
    )


def _word(text: str) -> tuple[str, str]:
    word, equals, value = text.partition("=")
    if not equals or not word:
        raise Misused(f"--set {text}: write --set word=text")
    return word, value


def _browse(arguments: argparse.Namespace, bench: Bench) -> int:
    endpoint, security = str(arguments.endpoint), NO_SECURITY
    if arguments.settings:
        settled = _settled(arguments, bench)
        device = _named(settled.plant, arguments)
        endpoint, security = device.endpoint, settled.security.get(device.id, NO_SECURITY)
    if not endpoint.startswith("opc.tcp://"):
        raise Misused(f"{shown(endpoint)!r}: write opc.tcp://host:port/path")
    looking = browse(
        endpoint,
        start=arguments.node,
        bounds=Bounds(depth=arguments.depth, count=arguments.count),
        say=bench.say,
        clock=bench.clock,
        security=security,
    )
    asyncio.run(looking)
    return 0


def _record(arguments: argparse.Namespace, bench: Bench) -> int:
    settled = _settled(arguments, bench)
    drivers = settled.drivers
    wanted: Sequence[str] = arguments.device or [*drivers]
    if unknown := [name for name in wanted if name not in drivers]:
        raise Misused(f"this agent reads no {', '.join(unknown)}; devices: {', '.join(drivers)}")
    with arguments.out.open("w", encoding="utf-8") as out:
        written = asyncio.run(
            record(
                {name: drivers[name] for name in wanted},
                site=settled.plant.site,
                out=out,
                clock=bench.clock,
                seconds=arguments.seconds,
                entries_max=arguments.entries,
            )
        )
    bench.say(f"{arguments.out}: {written} entries of {', '.join(wanted)}")
    return 0


def _replay(arguments: argparse.Namespace, bench: Bench) -> int:
    file: Path = arguments.plant
    plant = load_plant(file)
    with arguments.trace.open(encoding="utf-8") as lines:
        header, entries = read_trace(lines)
        encoder = msgspec.json.Encoder(decimal_format="string")
        for fact in replay(plant, header, entries):
            bench.say(encoder.encode(fact).decode())
    return 0


_COMMANDS: Mapping[str, Callable[[argparse.Namespace, Bench], int]] = {
    "check": _check,
    "schema": _schema,
    "profiles": _profiles,
    "probe": _probe,
    "browse": _browse,
    "record": _record,
    "replay": _replay,
}
