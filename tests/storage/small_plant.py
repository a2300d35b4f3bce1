"""A plant of two units in a fresh database, and words to send it facts."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection

from gateway.contract.fact import AnyFact, Cause, CountFact, Quality, StateFact, WeightFact
from gateway.contract.state import EquipmentState
from gateway.contract.uplink import IngestReply, IngestRequest, SourceBatch, Verdict
from mes_server.operations.ingest_facts import ingest_facts
from mes_server.storage.database import Pool

DEADLINE_S = 30.0
T0 = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
PRESS, ASSEMBLY = "works/a/l1/press", "works/a/l2/assembly"

SETUP = """
insert into site (code, name, time_zone) values ('works', '{}', 'Europe/Berlin');
insert into location (code, name, kind) values
    ('LS1', '{}', 'line_side'), ('LS2', '{}', 'line_side'), ('OUT', '{}', 'finished'), ('STORE', '{}', 'store');
insert into item (code, name, unit, procurement) values
    ('RESIN', '{}', 'kg', 'buy'), ('BODY', '{}', 'pcs', 'make'), ('CORD', '{}', 'pcs', 'buy'),
    ('KETTLE', '{}', 'pcs', 'make');
insert into equipment (path, level, name, line_side_id, output_id, ideal_cycle_s)
select v.path, 'unit', '{}', s.id, o.id, 2
from (values ('works/a/l1/press', 'LS1', 'LS2'), ('works/a/l2/assembly', 'LS2', 'OUT')) v (path, side, output)
join location s on s.code = v.side join location o on o.code = v.output;
insert into signal (equipment_id, name, role, item_id)
select e.id, v.name, v.role, i.id
from (values ('press', 'good', 'good', null), ('press', 'scrap', 'scrap', null), ('press', 'resin', 'consumed', 'RESIN'),
             ('press', 'state', 'state', null), ('assembly', 'state', 'state', null), ('assembly', 'produced', 'produced', null),
             ('assembly', 'scrap', 'scrap', null)) v (unit, name, role, item)
join equipment e on e.path like '%/' || v.unit left join item i on i.code = v.item;
"""


async def somebody_waits(pool: Pool) -> None:
    """Return once a transaction waits for another one's lock."""
    query = (
        "select count(*) from pg_stat_activity "
        "where datname = current_database() and wait_event_type = 'Lock'"
    )
    for _ in range(int(DEADLINE_S / 0.02)):
        async with pool.connection() as connection:
            row = await (await connection.execute(query)).fetchone()
        if row and row[0]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("nobody waits")


@dataclass
class Outbox:
    """One edge agent's outbox as the server sees it."""

    agent: str = "edge-1"
    epoch: int = 1
    next_seq: int = 1
    totals: dict[tuple[str, str], Any] = field(default_factory=dict[tuple[str, str], Any])

    def batch(self, *facts: AnyFact, verdicts: dict[int, str] | None = None) -> SourceBatch:
        """The facts under the next sequences; `verdicts` by place in `facts`."""
        first, self.next_seq = self.next_seq, self.next_seq + len(facts)
        quarantined = [
            Verdict(seq=first + place, reason=reason) for place, reason in (verdicts or {}).items()
        ]
        return SourceBatch(
            agent=self.agent,
            outbox_epoch=self.epoch,
            first_seq=first,
            facts=list(facts),
            quarantined=quarantined,
        )

    def count(
        self, unit: str, signal: str, delta: int, *, at: datetime, quality: Quality = Quality.GOOD
    ) -> CountFact:
        """The signal's total steps by delta."""
        total = self.totals.get((unit, signal), 0) + delta
        self.totals[unit, signal] = total
        return CountFact(
            equipment=unit, signal=signal, at=at, arrived=at, epoch=1, total=total, delta=delta, raw=total % 65_536,
            cause=Cause.STEP, quality=quality,
        )  # fmt: skip

    def weigh(self, unit: str, signal: str, delta: str, *, at: datetime) -> WeightFact:
        """So much left the scale."""
        total = self.totals.get((unit, signal), Decimal(0)) + Decimal(delta)
        self.totals[unit, signal] = total
        return WeightFact(
            equipment=unit, signal=signal, at=at, arrived=at, epoch=1, total=total, delta=Decimal(delta), unit="kg",
            cause=Cause.STEP,
        )  # fmt: skip

    def state(self, unit: str, state: EquipmentState, *, at: datetime) -> StateFact:
        """The unit entered a state."""
        return StateFact(equipment=unit, signal="state", at=at, arrived=at, state=state)


@dataclass
class SmallPlant:
    """The database, and what tests do to it."""

    pool: Pool
    outbox: Outbox = field(default_factory=Outbox)

    async def send(
        self, *batches: SourceBatch, now: datetime = T0 + timedelta(hours=1)
    ) -> IngestReply:
        """Ingest as one request."""
        return await ingest_facts(
            self.pool, IngestRequest(gateway="g", sources=list(batches)), now=now
        )

    async def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of a query of the test's own."""
        async with self.pool.connection() as connection:
            return await (await connection.execute(query, values or None)).fetchall()  # pyright: ignore

    async def value(self, query: str, *values: object) -> Any:
        """The first column of the first row."""
        return (await self.rows(query, *values))[0][0]

    async def execute(self, query: str, *values: object) -> None:
        """A statement of the test's own."""
        async with self.pool.connection() as connection:
            await connection.execute(query, values or None)  # pyright: ignore

    async def stock(
        self, item: str, lot: str, quantity: str, place: str, *, expires: str | None = None
    ) -> None:
        """A lot lies at a place, received from the supplier through the ledger."""
        async with self.pool.connection() as connection, connection.transaction():
            await receive(connection, item, lot, quantity, place, expires)

    async def start(
        self,
        number: str,
        item: str,
        unit: str,
        components: dict[str, tuple[str, bool]],
        *,
        at: datetime = T0,
    ) -> None:
        """An order runs at a unit from `at`: component -> (quantity per piece, measured)."""
        await self.execute(
            "with w as (insert into work_order (number, item_id, quantity, due_at, created_at) "
            "select %s, id, 1000, %s, %s from item where code = %s returning id, item_id), "
            "l as (insert into lot (item_id, code, received_at) select item_id, %s, %s from w returning id), "
            "o as (insert into work_order_operation (work_order_id, equipment_id, state, output_lot_id, started_at) "
            "select w.id, e.id, 'running', l.id, %s from w, l, equipment e where e.path = %s returning id, equipment_id) "
            "insert into operation_run (operation_id, equipment_id, started_at) select id, equipment_id, %s from o",
            number, at, at, item, number, at, at, unit, at,
        )  # fmt: skip
        for code, (quantity, measured) in components.items():
            await self.execute(
                "insert into operation_component (operation_id, item_id, location_id, quantity, base_quantity, measured) "
                "select o.id, i.id, e.line_side_id, %s, 1, %s from work_order_operation o join work_order w on "
                "w.id = o.work_order_id and w.number = %s join equipment e on e.id = o.equipment_id, item i "
                "where i.code = %s",
                Decimal(quantity), measured, number, code,
            )  # fmt: skip

    async def on_hand(self, item: str, place: str) -> Decimal:
        """What lies there, all lots together."""
        return await self.value(
            "select coalesce(sum(b.quantity), 0) from balance b join item i on i.id = b.item_id "
            "join location l on l.id = b.location_id where i.code = %s and l.code = %s",
            item, place,
        )  # fmt: skip

    async def order(self, number: str) -> tuple[Decimal, Decimal]:
        """(good, scrap) of an order."""
        rows = await self.rows(
            "select good, scrap from work_order_operation o join work_order w on w.id = o.work_order_id "
            "where w.number = %s",
            number,
        )
        return rows[0][0], rows[0][1]

    async def faults(self) -> list[tuple[Any, ...]]:
        """Every broken invariant: balances that are not their postings, books that do not sum to zero, facts twice,
        reserved amounts that are not what is claimed."""
        return await self.rows(
            """
            with posted as (
                select item_id, place, lot_id, sum(quantity) as quantity from (
                    select item_id, to_id as place, lot_id, quantity from movement
                    union all select item_id, from_id, lot_id, -quantity from movement) m
                group by 1, 2, 3)
            select 'balance', b.item_id, b.lot_id, coalesce(b.quantity, 0) - coalesce(p.quantity, 0)
            from balance b full join posted p on p.item_id = b.item_id and p.place = b.location_id and p.lot_id = b.lot_id
            where coalesce(b.quantity, 0) <> coalesce(p.quantity, 0)
            union all
            select 'imbalance', item_id, lot_id, sum(quantity) from balance group by 2, 3 having sum(quantity) <> 0
            union all
            select 'twice', source_id, null, count(*) from event group by source_id, seq having count(*) > 1
            union all
            select 'claim', item_id, lot_id, coalesce(b.reserved, 0) - coalesce(c.claimed, 0) from balance b
            full join (
                select item_id, location_id, lot_id, sum(quantity) as claimed from (
                    select item_id, location_id, lot_id, remaining as quantity from reservation where remaining > 0
                    union all
                    select p.item_id, k.location_id, k.lot_id, k.quantity
                    from replenishment_pick k
                    join replenishment_signal g on g.id = k.signal_id and g.state = 'picked'
                    join replenishment_loop p on p.id = g.loop_id
                    union all
                    select item_id, transit_id, lot_id, quantity - received - turned_back
                    from shipment where closed_at is null) x
                group by 1, 2, 3) c using (item_id, location_id, lot_id)
            where coalesce(b.reserved, 0) <> coalesce(c.claimed, 0)
            """
        )


async def receive(
    connection: AsyncConnection[Any],
    item: str,
    lot: str,
    quantity: str,
    place: str,
    expires: str | None,
) -> None:
    """Book a receipt by hand, both sides of it."""
    await connection.execute(
        "insert into lot (item_id, code, received_at, expires_on) select id, %s, %s, %s from item where code = %s "
        "on conflict do nothing",
        (lot, T0, expires, item),
    )
    await connection.execute(
        "with m as (insert into movement (kind, item_id, lot_id, from_id, to_id, quantity, at, booked_at) "
        "select 'receive', i.id, t.id, f.id, l.id, %s, %s, %s from item i join lot t on t.item_id = i.id and t.code = %s, "
        "location f, location l where i.code = %s and f.code = 'SUPPLIER' and l.code = %s returning *) "
        "insert into balance (item_id, location_id, lot_id, quantity, physical) "
        "select item_id, to_id, lot_id, quantity, true from m "
        "union all select item_id, from_id, lot_id, -quantity, false from m "
        "on conflict (item_id, location_id, lot_id) do update set quantity = balance.quantity + excluded.quantity",
        (Decimal(quantity), T0, T0, lot, item, place),
    )
