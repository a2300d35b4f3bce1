"""The wire alone: a full outbox on disk, and how fast it is in the books and trimmed.

No device: an agent finds facts in its outbox, sends them over the broker to the gateway, which judges them; the server
books them on the running order of the unit on a real PostgreSQL (attribution, backflush, ledger, roll-ups; durable
commits) and acknowledges after its commit; the agent trims its file. All are the whole programs.
"""

import secrets
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import msgspec

from benchmarks.edge_lab import HOST, Lab, free_port, listening, until
from edge.outbox_file import OutboxFile
from gateway.contract.codec import encode
from gateway.contract.fact import Cause, CountFact
from simulators.all_in_one.first_data import demo_data
from simulators.all_in_one.office import Office

AGENT, UNIT, PLANT = "edge-moulding", "kettle-works/moulding/M1/IMM1", "kettle-works"
TOKENS = {f"LINESIDE_{name}_TOKEN": secrets.token_hex(24) for name in ("GATEWAY", "HMI", "ADMIN")}
DRAINED_S = 300.0
SPACING = timedelta(microseconds=200)
_SERVER = "import sys; from mes_server.compose import main; sys.exit(main(sys.argv[1:]))"


async def measure_wire(plant: Lab, *, facts: int) -> tuple[float, dict[str, float]]:
    """(facts a second from the outbox to the trim, program -> CPU seconds per million facts)."""
    port = free_port()
    _write_settings(plant, server=port)
    command = (sys.executable, "-c", _SERVER, "--config", str(plant.directory / "server.toml"))
    plant.start("server", *command, **TOKENS)
    await until(plant, lambda: _healthy(port), "the server answers")
    await _start_order(port)
    plant.start_broker()
    await until(plant, lambda: listening(plant.broker_port), "the broker listens")
    plant.start_gateway(token=TOKENS["LINESIDE_GATEWAY_TOKEN"])
    outbox = plant.directory / "data" / "outbox.sqlite"
    _fill(OutboxFile(outbox, now_ms=int(time.time() * 1000)), facts)
    edge = plant.start_edge()

    def held() -> int:
        with closing(sqlite3.connect(f"file:{outbox}?mode=ro", uri=True, timeout=5)) as db:
            return int(
                db.execute("select count(*) from facts where seq <= ?", (facts,)).fetchone()[0]
            )

    await until(plant, lambda: held() < facts - 1, f"facts leave; see {edge.log}")
    begin, first, costs = time.monotonic(), held(), _costs(plant)
    await until(plant, lambda: held() == 0, "all facts are committed", within_s=DRAINED_S)
    spent_s = time.monotonic() - begin
    used = {name: (cost - costs[name]) * 1e6 / first for name, cost in _costs(plant).items()}
    return first / spent_s, used


def _costs(plant: Lab) -> dict[str, float]:
    return {process.name: process.cpu_s() for process in plant.running}


def _write_settings(plant: Lab, *, server: int) -> None:
    directory, mqtt = plant.directory, f'[mqtt]\nurl = "mqtt://{HOST}:{plant.broker_port}"\n'
    nowhere = free_port()
    (directory / "server.toml").write_text(
        f'[server]\nlisten = "{HOST}:{server}"\nplant = "{PLANT}"\n'
        f'[database]\ndata_directory = "{directory}/postgres"\n'
    )
    (directory / "gateway.toml").write_text(
        f'[gateway]\nplant = "{PLANT}"\n{mqtt}[server]\nurl = "http://{HOST}:{server}"\n'
    )
    (directory / "edge.toml").write_text(
        f'agent = "{AGENT}"\nplant = "{PLANT}"\ndata_directory = "{directory}/data"\n{mqtt}'
        f'[endpoints]\nimm1 = "opc.tcp://{HOST}:{nowhere}/nobody"\n'
        f'resin-scale = "modbus-tcp://{HOST}:{nowhere}?unit=1"\n'
        f'masterbatch-scale = "modbus-tcp://{HOST}:{nowhere}?unit=2"\n'
    )


def _fill(file: OutboxFile, facts: int) -> None:
    file.commit(first=1, facts=[*_counts(facts)], memories=[], trim=None)
    file.close()


def _counts(facts: int) -> Iterator[bytes]:
    """One piece a fact, beginning now."""
    begin = datetime.fromtimestamp(time.time(), UTC)
    for number in range(1, facts + 1):
        at = begin + number * SPACING
        yield encode(
            CountFact(
                equipment=UNIT,
                signal="good",
                at=at,
                arrived=at,
                epoch=1,
                total=number,
                delta=1,
                raw=number,
                cause=Cause.STEP,
            )
        )


async def _start_order(port: int) -> None:
    """Master data, stock, and an order that runs at the unit."""
    office = Office(url=f"http://{HOST}:{port}", token=TOKENS["LINESIDE_ADMIN_TOKEN"])
    data = {name: rows for name, rows in demo_data().master_data.items() if name != "loops"}
    await office.put_master_data(_plain(data))
    for item, lot in (("PP-RESIN", "PP-1"), ("MB-WHITE", "MB-1")):
        body = {"item": item, "lot": lot, "quantity": "900000", "location": "M1-LS"}
        await office.command("receipts", body)
    order = {
        "number": "WO-BENCH",
        "item": "KETTLE-BODY",
        "quantity": "1000000",
        "equipment": UNIT,
        "due_at": "2099-01-01T00:00:00+00:00",
    }
    await office.command("work-orders", order)
    await office.command("work-orders/WO-BENCH/release", {})
    await office.command("work-orders/WO-BENCH/start", {})
    await office.close()


def _plain(document: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(document))


def _healthy(port: int) -> bool:
    try:
        url = f"http://{HOST}:{port}/api/v1/health"
        return httpx.get(url, trust_env=False, timeout=2).status_code == 200
    except httpx.TransportError:
        return False
