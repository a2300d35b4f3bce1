"""How fast people are served while the plant counts: `python -m benchmarks.api [--seconds 20]`.

The real server program on a durable database with the fifty lines of `benchmarks.ingest`. Fifty operators, each at a line
of their own and once a second on average, enter a scrapped piece, scan a lot onto the line, or take it off; meanwhile a
gateway brings 2,000 facts a second, as much as is due in one request after the other, and the screens' program follows the
live feed. Latency is what an operator's terminal waits for its answer. The last line is one JSON object.
"""

import argparse
import asyncio
import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any

import httpx
import psycopg

from benchmarks.fact_stream import FactStream
from benchmarks.ingest import build
from device_profiles.program import SystemClock
from gateway.contract.codec import decode, encode
from gateway.contract.uplink import FACTS_PER_BATCH_MAX, IngestReply, IngestRequest
from mes_server.embedded_postgres import EmbeddedPostgres

OPERATORS = 50
FACTS_PER_S = 2_000
GATEWAY_WAIT_S = 0.02
"""A gateway lets facts wait so long for company."""
WARM_UP_S = 3.0
STARTS_WITHIN_S = 60.0
LOT = 1_000_000
LAST_ORDER = 450
"""Each line's last order, the one that runs, is this number and the line's."""
TOKENS = {
    "LINESIDE_GATEWAY_TOKEN": "gateway",
    "LINESIDE_HMI_TOKEN": "screens",
    "LINESIDE_ADMIN_TOKEN": "administrators",
}
SERVER = "import sys; from mes_server.compose import main; sys.exit(main(sys.argv[1:]))"
PEOPLE = (
    "insert into person (badge, name, roles) "
    "select 'OP-' || n, 'Operator ' || n, '{operator}' from generate_series(0, 49) n"
)
HEAD_LOTS = (
    "select split_part(w.number, '-', 2)::int, i.code || '|' || t.code, i.code, t.code "
    "from work_order w join work_order_operation o on o.work_order_id = w.id and o.state = 'running' "
    "join operation_component c on c.operation_id = o.id and not c.measured "
    "join lot t on t.item_id = c.item_id and t.code like '%-1' join item i on i.id = c.item_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The label of a lot at an operator's line."""

    barcode: str
    item: str
    lot: str


@dataclass
class Plant:
    """Who works there, and what they met."""

    http: httpx.AsyncClient
    labels: dict[int, Label]
    latencies_s: list[float] = field(default_factory=list[float])
    outcomes: Counter[str] = field(default_factory=Counter[str])
    facts: int = 0
    measuring: bool = False
    ending: bool = False

    async def command(self, operator: int, path: str, body: dict[str, Any]) -> None:
        """One command of an operator, timed."""
        headers = {
            "Authorization": "Bearer screens",
            "Idempotency-Key": str(uuid.uuid4()),
            "Lineside-Badge": f"OP-{operator}",
        }
        begin = time.perf_counter()
        try:
            answer = await self.http.post(path, json=body, headers=headers)
            outcome = "done" if answer.is_success else f"{answer.status_code} {answer.text[:200]}"
        except httpx.TransportError as error:
            outcome = repr(error)
        if self.measuring:
            self.latencies_s.append(time.perf_counter() - begin)
            self.outcomes[outcome] += 1

    async def operate(self, operator: int, *, think_s: float) -> None:
        """An operator's shift: scrap and scans, with pauses in between."""
        dice = random.Random(operator)
        label, unit = self.labels[operator], f"units/bench/a/l{operator}/u"
        mounted = False
        await asyncio.sleep(dice.uniform(0, 2 * think_s))
        while not self.ending:
            if dice.random() < 0.5:
                path = f"work-orders/WO-{LAST_ORDER + operator}/scrap"
                await self.command(operator, path, {"quantity": "1", "reason": "scratched"})
            elif mounted := not mounted:
                await self.command(operator, f"{unit}/mount", {"barcode": label.barcode})
            else:
                body = {"item": label.item, "lot": label.lot}
                await self.command(operator, f"{unit}/unmount", body)
            await asyncio.sleep(dice.uniform(0.5 * think_s, 1.5 * think_s))

    async def watch(self) -> None:
        """The screens' program follows the feed, as it does in a plant."""
        headers = {"Authorization": "Bearer screens"}
        position = (await self.http.get("plant", headers=headers)).json()["position"]
        async with self.http.stream(
            "GET", "feed", params={"after": position}, headers=headers
        ) as feed:
            async for _ in feed.aiter_raw():
                if self.ending:
                    return

    async def stream(self, *, per_s: int) -> None:
        """A gateway's uplink: what is due, in one request after the other."""
        stream = FactStream(
            agent="bench",
            lines=range(OPERATORS),
            seed=5,
            begin=SystemClock().now(),
            step=timedelta(seconds=1 / per_s),
        )
        headers = {"Authorization": "Bearer gateway"}
        begin, sent = time.perf_counter(), 0
        while not self.ending:
            await asyncio.sleep(GATEWAY_WAIT_S)
            due = int((time.perf_counter() - begin) * per_s) - sent
            size = min(due, FACTS_PER_BATCH_MAX)
            if size <= 0:
                continue
            batch = stream.batch(size)
            body = encode(IngestRequest(gateway="bench", sources=[batch]))
            answer = await self.http.post("ingest/facts", content=body, headers=headers)
            answer.raise_for_status()
            assert decode(answer.content, IngestReply).stored == size
            sent += size
            if self.measuring:
                self.facts += size


async def measure(
    url: str, labels: dict[int, Label], *, seconds: float, think_s: float, per_s: int
) -> dict[str, float]:
    """Everybody at work for so long."""
    limits = httpx.Limits(max_connections=OPERATORS + 4, max_keepalive_connections=OPERATORS + 4)
    async with httpx.AsyncClient(base_url=f"{url}/api/v1/", timeout=30, limits=limits) as http:
        plant = Plant(http, labels)
        tasks = [asyncio.create_task(plant.stream(per_s=per_s))]
        tasks += [asyncio.create_task(plant.watch())]
        await asyncio.sleep(WARM_UP_S)
        tasks += [
            asyncio.create_task(plant.operate(operator, think_s=think_s))
            for operator in range(OPERATORS)
        ]
        await asyncio.sleep(WARM_UP_S)
        plant.measuring, begin = True, time.perf_counter()
        await asyncio.sleep(seconds)
        plant.measuring, spent = False, time.perf_counter() - begin
        plant.ending = True
        await asyncio.gather(*tasks)
    for outcome, times in plant.outcomes.most_common(5):
        print(f"{times} x {outcome}")
    cuts = quantiles(plant.latencies_s, n=100)
    print(
        f"{len(plant.latencies_s) / spent:.0f} commands/s, p50 {cuts[49] * 1e3:.1f} ms, p99 {cuts[98] * 1e3:.1f} ms"
    )
    return {
        "p95_ms": round(cuts[94] * 1e3, 1),
        "errors": plant.outcomes.total() - plant.outcomes["done"],
        "facts_per_s": round(plant.facts / spent),
    }


def fill(url: str) -> dict[int, Label]:
    """The fifty lines with their operators; operator -> the lot to scan."""
    asyncio.run(build(url, lot=LOT))
    with psycopg.connect(url) as connection:
        connection.execute(PEOPLE)
        rows = connection.execute(HEAD_LOTS).fetchall()
    return {
        number - LAST_ORDER: Label(barcode=barcode, item=item, lot=lot)
        for number, barcode, item, lot in rows
    }


def start(url: str, directory: Path) -> subprocess.Popen[str]:
    """The server program on this database."""
    config = directory / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n')
    return subprocess.Popen(
        [sys.executable, "-c", SERVER, "--config", str(config)],
        env={**os.environ, **TOKENS, "LINESIDE_DATABASE_URL": url},
        stderr=subprocess.PIPE,
        text=True,
    )


def url_of(server: subprocess.Popen[str]) -> str:
    """Where the program says it listens; raises RuntimeError when it does not say so in time."""
    assert server.stderr is not None
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline:
        if select.select([server.stderr], [], [], 1.0)[0]:
            line = server.stderr.readline()
            if not line:
                break
            if line.startswith("{") and (said := json.loads(line)).get("event") == "started":
                return said["url"]
    raise RuntimeError("the server did not start")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="measured time")
    parser.add_argument("--think", type=float, default=1.0, help="seconds between actions")
    parser.add_argument("--facts", type=int, default=FACTS_PER_S, help="facts a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lineside-bench-") as directory:
        database = EmbeddedPostgres(data_directory=Path(directory) / "data")
        try:
            url = database.start()
            labels = fill(url)
            server = start(url, Path(directory))
            try:
                found = asyncio.run(
                    measure(
                        url_of(server), labels, seconds=options.seconds, think_s=options.think, per_s=options.facts
                    )
                )  # fmt: skip
            finally:
                server.kill()
                server.communicate()
            print(json.dumps(found))
        finally:
            database.stop()
            database.erase()


if __name__ == "__main__":
    main()
