"""How many values a second an agent takes from a device to the server: `python -m benchmarks.edge [--seconds 15]`.

Edge, gateway and broker are the whole programs, each in its own process, on one machine with the device: 1,000 counters
that each have a new value every 100 ms, over Modbus TCP and over OPC UA. Each value has to arrive as its own fact through
decoding, totalizer, outbox (on disk, synchronous), broker, admission and the gateway's way up; what did not is *skipped*,
although no piece is lost with it, as totals travel with the steps. Then Modbus as fast as it goes, and the wire alone.
Where thingsboard-gateway is installed (`make bench-edge-peer`), the same devices are read by that in the same run.
The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.edge_lab import HOST, Lab, Process, free_port, lab, listening, until
from benchmarks.edge_peer import PlatformSink, start_peer
from benchmarks.edge_sink import Sink
from benchmarks.edge_tally import Tally
from benchmarks.edge_wire import measure_wire
from edge.ending import end
from simulators.broker import PAYLOAD_BYTES_MAX

TAGS = 1_000
STEP_S = 0.1
SETTLE_S, GRACE_S = 4.0, 2.0
PEER_MORE_SETTLE_S = 6.0
FASTER_MS = (50, 33, 25, 20)
"""Poll intervals to try, while the one before was kept up with."""
SKIPPED_SHARE_MAX, P95_MAX_MS = 0.001, 250.0
WIRE_FACTS = 60_000
BUILD = Path("build/bench-edge")
PEER = BUILD / "peer/bin/python"
NODE_OPCUA = "node-opcua-server@2.182.2"
HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One device, one window."""

    values_per_s: float
    skipped: int
    median_ms: float
    p95_ms: float
    cpu_s_per_million: float
    """Of agent and gateway together."""
    shares: dict[str, float]
    """Program -> CPU share of one core."""


def said(process: Process, key: str) -> float | None:
    """A number that a device has printed as JSON."""
    for line in process.log.read_text().splitlines():
        if line.startswith("{") and key in (found := json.loads(line)):
            return float(found[key])
    return None


async def start_modbus(plant: Lab, *, step_s: float) -> tuple[Process, str]:
    """The Modbus device and its endpoint."""
    port = free_port()
    device = plant.start(
        *("device", sys.executable, "-m", "benchmarks.edge_modbus", "--port", str(port)),
        *("--tags", str(TAGS), "--step-ms", str(1000 * step_s)),
    )
    await until(plant, lambda: listening(port), "the Modbus device listens")
    return device, f"modbus-tcp://{HOST}:{port}?unit=1"


async def start_opcua(plant: Lab) -> tuple[Process, str]:
    """The OPC UA device and its endpoint."""
    port = free_port()
    device = plant.start(
        *("device", "node", str(HERE / "edge_opcua.js"), str(port), str(TAGS)),
        NODE_PATH=str(node_modules()),
        EDGE_OPCUA_PKI=str(plant.directory / "pki"),
    )
    await until(plant, lambda: said(device, "listening"), "the OPC UA device listens")
    return device, f"opc.tcp://{HOST}:{port}/bench"


async def start_device(plant: Lab, protocol: str, *, step_s: float) -> tuple[Process, str]:
    """The device of a protocol and its endpoint."""
    if protocol == "opcua":
        return await start_opcua(plant)
    return await start_modbus(plant, step_s=step_s)


def node_modules() -> Path | None:
    """Where node-opcua is installed; installs it when it is not. None where that is not possible: OPC UA is left out."""
    found = Path(os.environ.get("LINESIDE_BENCH_NODE_MODULES", BUILD / "node_modules")).resolve()
    if not (found / "node-opcua-server").is_dir() and shutil.which("npm"):
        BUILD.mkdir(parents=True, exist_ok=True)
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--silent")
        subprocess.run(
            ["npm", "install", "--prefix", str(BUILD), *options, NODE_OPCUA], check=False
        )
    if shutil.which("node") and (found / "node-opcua-server").is_dir():
        return found
    print("OPC UA is left out: its device needs Node.js, and npm to install node-opcua", flush=True)
    return None


@asynccontextmanager
async def running(
    plant: Lab, sink: Sink, *, protocol: str, endpoint: str, poll_ms: int
) -> AsyncIterator[None]:
    """Broker, gateway and agent, until the first facts have come."""
    server = await sink.start()
    plant.write(protocol=protocol, tags=TAGS, poll_ms=poll_ms, endpoint=endpoint, server=server)
    plant.start_broker()
    await until(plant, lambda: listening(plant.broker_port), "the broker listens")
    plant.start_gateway()
    plant.start_edge()
    await until(plant, lambda: sink.facts, f"facts arrive; see {plant.directory}")
    try:
        yield
    finally:
        sink.stop()


async def measure(protocol: str, *, step_s: float, poll_ms: int, seconds: float) -> Result:
    """One device read by our agent."""
    with lab() as plant:
        sink = Sink(step_s=step_s)
        device, endpoint = await start_device(plant, protocol, step_s=step_s)
        async with running(plant, sink, protocol=protocol, endpoint=endpoint, poll_ms=poll_ms):
            if protocol == "modbus-tcp":
                sink.step_0 = said(device, "step_0")
            await asyncio.sleep(SETTLE_S)
            return await window(plant, sink, seconds=seconds)


async def window(plant: Lab, sink: Tally, *, seconds: float) -> Result:
    """Watch for a while, then see what of it has come."""
    begin, facts, costs = time.time(), sink.facts, cpu(plant)
    newest = max(sink.whole, default=0)
    await asyncio.sleep(seconds)
    spent_s, came = time.time() - begin, sink.facts - facts
    used = {name: cost - costs[name] for name, cost in cpu(plant).items()}
    steps = range(newest + 1, max(sink.whole, default=0))
    if sink.step_0 is not None:
        steps = sink.steps_in(begin, begin + spent_s)
    await asyncio.sleep(GRACE_S)
    late = sorted(late_s for step, late_s in sink.lateness if step in steps) or [0.0]
    ours = used["edge"] + used.get("gateway", 0.0)
    return Result(
        values_per_s=came / spent_s,
        skipped=TAGS * len(steps) - sum(min(TAGS, sink.whole[step]) for step in steps),
        median_ms=1000 * late[len(late) // 2],
        p95_ms=1000 * late[int(0.95 * len(late))],
        cpu_s_per_million=1e6 * ours / came,
        shares={name: cost / spent_s for name, cost in used.items()},
    )


def cpu(plant: Lab) -> dict[str, float]:
    """What every program has cost so far."""
    return {process.name: process.cpu_s() for process in plant.running}


async def measure_peer(protocol: str, *, python: str, seconds: float) -> Result:
    """The same device read by thingsboard-gateway."""
    with lab() as plant:
        sink = PlatformSink(step_s=STEP_S, port=plant.broker_port)
        device, endpoint = await start_device(plant, protocol, step_s=STEP_S)
        plant.start_broker(payload_bytes=PAYLOAD_BYTES_MAX)
        await until(plant, lambda: listening(plant.broker_port), "the broker listens")
        listens = asyncio.create_task(sink.run())
        start_peer(plant, python=python, protocol=protocol, tags=TAGS, endpoint=endpoint)
        try:
            await until(
                plant, lambda: sink.facts, f"values of the peer arrive; see {plant.directory}"
            )
            if protocol == "modbus-tcp":
                sink.step_0 = said(device, "step_0")
            await asyncio.sleep(SETTLE_S + PEER_MORE_SETTLE_S)
            return await window(plant, sink, seconds=seconds)
        finally:
            await end(listens)


async def everything(*, seconds: float, peer: str | None) -> dict[str, object]:
    """All measurements, one after the other."""
    found: dict[str, object] = {}
    results: dict[str, Result] = {}
    has_opcua = node_modules() is not None
    for name, protocol in (("modbus", "modbus-tcp"), ("opcua", "opcua")):
        ours = theirs = None
        if protocol == "modbus-tcp" or has_opcua:
            ours = results[name] = await measure(
                protocol, step_s=STEP_S, poll_ms=100, seconds=seconds
            )
            print(f"{name}: {ours}", flush=True)
            if peer is not None:
                theirs = await measure_peer(protocol, python=peer, seconds=seconds)
                print(f"{name}, thingsboard-gateway: {theirs}", flush=True)
        found |= summary(name, ours, theirs)
    fast = await fastest(results["modbus"], seconds=seconds)
    with lab() as plant:
        wire_per_s, wire_cpu_s = await measure_wire(plant, facts=WIRE_FACTS)
    print(f"wire: {wire_per_s:.0f} facts/s, CPU seconds per million: {wire_cpu_s}", flush=True)
    return {
        **found,
        "p95_ms": max(round(result.p95_ms, 1) for result in results.values()),
        "cpu_s_per_million": max(round(result.cpu_s_per_million, 1) for result in results.values()),
        "modbus_max_values_per_s": round(fast.values_per_s),
        "modbus_max_p95_ms": round(fast.p95_ms, 1),
        "wire_facts_per_s": round(wire_per_s),
    }


async def fastest(slow: Result, *, seconds: float) -> Result:
    """Modbus as fast as it goes: the shortest interval that is kept up with, as it would be for ever."""
    best = slow
    for poll_ms in FASTER_MS:
        found = await measure("modbus-tcp", step_s=poll_ms / 1000, poll_ms=poll_ms, seconds=seconds)
        print(f"modbus every {poll_ms} ms: {found}", flush=True)
        skipped_max = SKIPPED_SHARE_MAX * found.values_per_s * seconds
        if found.skipped > skipped_max or found.p95_ms > P95_MAX_MS:
            break
        best = found
    return best


def summary(name: str, ours: Result | None, theirs: Result | None) -> dict[str, object]:
    """The figures of one protocol."""
    return {
        f"{name}_values_per_s": ours and round(ours.values_per_s),
        f"{name}_skipped": ours and ours.skipped,
        f"{name}_p95_ms": ours and round(ours.p95_ms, 1),
        f"{name}_cpu_s_per_million": ours and round(ours.cpu_s_per_million, 1),
        f"peer_{name}_values_per_s": theirs and round(theirs.values_per_s),
        f"peer_{name}_skipped": theirs and theirs.skipped,
        f"peer_{name}_p95_ms": theirs and round(theirs.p95_ms, 1),
        f"peer_{name}_cpu_s_per_million": theirs and round(theirs.cpu_s_per_million, 1),
        f"peer_{name}_ratio": ours and theirs and round(ours.values_per_s / theirs.values_per_s, 2),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0, help="measured time of each figure")
    parser.add_argument(
        "--peer",
        metavar="PYTHON",
        default=str(PEER) if PEER.exists() else None,
        help="interpreter that has thingsboard-gateway (default: where make bench-edge-peer put it)",
    )
    options = parser.parse_args()
    print(json.dumps(asyncio.run(everything(seconds=options.seconds, peer=options.peer))))


if __name__ == "__main__":
    main()
