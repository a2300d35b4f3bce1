"""The words of the bench's commands: what each takes and what `--help` says of it."""

import argparse
from pathlib import Path
from typing import Any, Protocol

from device_profiles.json_schema import KINDS
from edge.bench.record import ENTRIES_MAX

PROBE_S = 10.0


class Subparsers(Protocol):
    """What `argparse` gives to add commands to."""

    def __call__(self, name: str, **more: Any) -> argparse.ArgumentParser: ...


def add_bench_commands(add: Subparsers) -> None:
    """Define the commands and their arguments."""
    check = add("check", help="check profiles and plant files, and print what is wrong")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    schema = add("schema", help="print the JSON Schema of profiles or plant files, for editors")
    schema.add_argument("kind", choices=KINDS)
    add("profiles", help="print the table of all built-in profiles, as Markdown")
    _add_probe(add)
    look = add(
        "browse", help="print the nodes of an OPC UA server with their ids, types and values"
    )
    look.add_argument("endpoint", nargs="?", metavar="opc.tcp://host:port/path")
    _add_settings(look)
    look.add_argument("--node", metavar="ID", help="begin here, e.g. 'ns=3;s=\"DB\"' (Objects)")
    look.add_argument("--depth", type=_positive, default=6, help="levels to go down (6)")
    look.add_argument("--count", type=_positive, default=500, help="nodes to show at most (500)")
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
    reads = add("replay", help="turn a recorded trace into the facts an agent would send")
    reads.add_argument("trace", type=Path)
    reads.add_argument("--plant", type=Path, required=True, metavar="FILE")


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
