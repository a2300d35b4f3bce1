"""The bench's commands: `check`, `schema`, `profiles`, `probe`, `browse`, `record` and `replay`.

Exit status: 0 done, 1 a fault was found or the device was not heard, 2 the command was not understood.
"""

import argparse
import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from device_profiles.catalog import (
    BUILTIN,
    ProfileFaults,
    load_plant,
    load_profile,
    load_profile_by_id,
)
from device_profiles.endpoint import endpoint_fault
from device_profiles.json_schema import KINDS, schema_text
from device_profiles.overview import overview
from device_profiles.placement import placed
from device_profiles.plant import Device, Plant
from device_profiles.program import Clock, SettingsFaults
from edge.bench.browse import Bounds, NotBrowsable, browse
from edge.bench.probe import probe, table
from edge.bench.record import ENTRIES_MAX, record
from edge.bench.replay import replay
from edge.bench.trace import TraceFault, read_trace
from edge.driver import Driver
from edge.opcua_security import NO_SECURITY, OpcUaSecurity
from edge.uplink import Broker
from gateway.contract.equipment import EquipmentPath

PROBE_S = 10.0


class Subparsers(Protocol):
    """What `argparse` gives to add commands to."""

    def __call__(self, name: str, **more: Any) -> argparse.ArgumentParser: ...


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


def add_bench_commands(add: Subparsers) -> None:
    """Define the commands and their arguments."""
    check = add("check", help="check profiles and plant files, and print what is wrong")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    check.set_defaults(bench=_check)
    schema = add("schema", help="print the JSON Schema of profiles or plant files, for editors")
    schema.add_argument("kind", choices=KINDS)
    schema.set_defaults(bench=_schema)
    profiles = add("profiles", help="print the table of all built-in profiles, as Markdown")
    profiles.set_defaults(bench=_profiles)
    _add_probe(add)
    look = add(
        "browse", help="print the nodes of an OPC UA server with their ids, types and values"
    )
    look.add_argument("endpoint", nargs="?", metavar="opc.tcp://host:port/path")
    _add_settings(look)
    look.add_argument("--node", metavar="ID", help="begin here, e.g. 'ns=3;s=\"DB\"' (Objects)")
    look.add_argument("--depth", type=_positive, default=6, help="levels to go down (6)")
    look.add_argument("--count", type=_positive, default=500, help="nodes to show at most (500)")
    look.set_defaults(bench=_browse)
    _add_trace_commands(add)


def _add_probe(add: Subparsers) -> None:
    once = add(
        "probe",
        help="read a device once and show raw, value, quality and age side by side",
        description="Reads a device once over its real protocol. Values that look implausible come with a hint at "
        "the word order that would read a plausible one. Writes nothing to the device.",
    )
    once.add_argument("profile", nargs="?", help="id of a profile, or its file")
    once.add_argument("endpoint", nargs="?", help="e.g. modbus-tcp://192.168.40.17:502?unit=3")
    once.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="WORD=TEXT",
        dest="words",
        help="fill an open word of the profile's addresses",
    )
    once.add_argument(
        "--plant", type=Path, metavar="FILE", help="take the device from a plant file"
    )
    _add_settings(once)
    once.add_argument(
        "--within",
        type=_seconds,
        default=PROBE_S,
        metavar="SECONDS",
        help="wait so long for all signals (10)",
    )
    once.set_defaults(bench=_probe)


def _add_settings(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        dest="settings",
        help="an agent's settings: its endpoints, log-ins and certificates",
    )
    command.add_argument("--device", metavar="ID", help="the device of --config or --plant")


def _add_trace_commands(add: Subparsers) -> None:
    writes = add("record", help="write down what an agent's devices say")
    writes.add_argument("--config", type=Path, required=True, metavar="FILE", dest="settings")
    writes.add_argument("--out", type=Path, required=True, metavar="TRACE")
    writes.add_argument("--seconds", type=_seconds, default=60.0, help="how long (60)")
    writes.add_argument("--entries", type=_positive, default=ENTRIES_MAX, help="at most so many")
    writes.add_argument("--device", action="append", default=[], metavar="ID", help="only this one")
    writes.set_defaults(bench=_record)
    reads = add("replay", help="turn a recorded trace into the facts an agent would send")
    reads.add_argument("trace", type=Path)
    reads.add_argument("--plant", type=Path, required=True, metavar="FILE")
    reads.set_defaults(bench=_replay)


def run_bench_command(arguments: argparse.Namespace, bench: Bench) -> int:
    """Run the chosen command. Exit status."""
    try:
        return arguments.bench(arguments, bench)
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
        plant = load_plant(file, profile_roots=(file.parent, BUILTIN))
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
        device = _named(load_plant(file, profile_roots=(file.parent, BUILTIN)), arguments)
    else:
        device = _device_of_profile(arguments)
    looking = probe(
        device, clock=bench.clock, broker=broker, within_s=arguments.within, security=security
    )
    try:
        rows = asyncio.run(looking)
    except ConnectionError as error:
        bench.complain(f"{device.endpoint}: {error}")
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
        raise Misused(f"{arguments.endpoint!r} does not suit {profile.protocol}; {wrong}")
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
        raise Misused(f"{endpoint!r}: write opc.tcp://host:port/path")
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
    plant = load_plant(file, profile_roots=(file.parent, BUILTIN))
    with arguments.trace.open(encoding="utf-8") as lines:
        header, entries = read_trace(lines)
        encoder = msgspec.json.Encoder(decimal_format="string")
        for fact in replay(plant, header, entries):
            bench.say(encoder.encode(fact).decode())
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text} is not within 0 and 86400 seconds")
    return seconds
