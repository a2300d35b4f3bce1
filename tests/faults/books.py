"""What must be true of the database after a drain, whatever broke on the way."""

from decimal import Decimal

from tests.conformance.gateway_rig import UNIT
from tests.faults.fault_rig import ORDER, Wire

LOWER = "the total is lower than what is already committed"
_SEQUENCES = """
select s.id, s.through, count(e.seq), count(distinct e.seq), coalesce(min(e.seq), 0), coalesce(max(e.seq), 0),
    coalesce((select sum(last_missing - first_missing + 1) from source_gap g where g.source_id = s.id), 0)
from source s left join event e on e.source_id = s.id group by s.id
"""
_STEPS = """
select s.name, sum(e.step) from event e join signal s on s.id = e.signal_id join equipment q on q.id = s.equipment_id
where e.kind in ('c', 'w') and q.path = %s group by s.name
"""
_USED = """
select i.code, coalesce(m.moved, 0) + coalesce(h.waiting, 0) from item i
left join (select item_id, sum(quantity) as moved from movement where kind = 'weigh' group by 1) m on m.item_id = i.id
left join (select item_id, sum(remaining) as waiting from shortage group by 1) h on h.item_id = i.id
where i.code in ('PP-RESIN', 'MB-WHITE')
"""
_UNBALANCED = """
with posted as (
    select item_id, place, lot_id, sum(quantity) as quantity from (
        select item_id, to_id as place, lot_id, quantity from movement
        union all select item_id, from_id, lot_id, -quantity from movement) m
    group by 1, 2, 3)
select 'balance', b.item_id, b.lot_id from balance b
full join posted p on p.item_id = b.item_id and p.place = b.location_id and p.lot_id = b.lot_id
where coalesce(b.quantity, 0) <> coalesce(p.quantity, 0)
union all select 'sum', item_id, lot_id from balance group by 2, 3 having sum(quantity) <> 0
"""


def check_books(
    wire: Wire,
    *,
    good: int,
    scrap: int,
    resin: Decimal,
    masterbatch: Decimal,
    gaps: bool = False,
    counted_again: bool = False,
) -> None:
    """Every fact once, every piece and gram once.

    `gaps`: the edge no longer held some facts the server lost. `counted_again`: it forgot that it had counted some.
    """
    for source, through, facts, distinct, first, last, missing in wire.rows(_SEQUENCES):
        assert facts == distinct, f"source {source} has facts twice"
        assert last == through, f"source {source}: newest fact {last}, acknowledged {through}"
        assert first <= 1, f"source {source} begins at {first}"
        assert facts + missing == through, f"source {source}: {facts} of {through} facts"
    truth = {"good": good, "scrap": scrap, "resin": resin, "masterbatch": masterbatch}
    assert dict(wire.rows(_STEPS, UNIT)) == truth
    assert wire.rows(
        "select o.good, o.scrap from work_order_operation o join work_order w on w.id = o.work_order_id "
        "where w.number = %s",
        ORDER,
    ) == [(good, scrap)]
    assert wire.rows("select sum(good), sum(scrap) from production_hour") == [(good, scrap)]
    assert wire.rows("select sum(good), sum(scrap) from production_minute") == [(good, scrap)]
    made = dict(
        wire.rows("select kind, sum(quantity) from movement where kind like 'produce%%' group by 1")
    )
    assert made == {"produce": good, "produce_scrap": scrap}
    assert dict(wire.rows(_USED)) == {"PP-RESIN": resin, "MB-WHITE": masterbatch}
    assert wire.rows(_UNBALANCED) == []
    doubts = {reason for (reason,) in wire.rows("select reason from quarantined_fact")}
    assert doubts == ({LOWER} if counted_again else set())
    if not gaps:
        assert wire.rows("select * from total_gap") == []
        assert wire.rows("select * from source_gap") == []
    assert wire.held()[1] == 0
