"""Which orders may run at a unit, whether their material is there, and what keeps them from starting."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from mes_server.domain.bill_of_material import requirement
from mes_server.domain.refusal import Refusal
from mes_server.domain.units import booked
from mes_server.domain.work_order import (
    ChangeState,
    Operation,
    OrderState,
    UnitBusy,
    Verb,
    decide,
)
from mes_server.operations.named import unit_of
from mes_server.storage import stock_effects, work_orders
from mes_server.storage.database import Pool
from mes_server.storage.plant import UnitRow

QUEUE_MAX = 100
"""Orders that a queue shows; further ones come up as these end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """A component, what is still needed of it, and usable stock; in the item's unit."""

    item: str
    item_name: dict[str, str]
    unit: str
    required: Decimal
    line_side: Decimal
    elsewhere: Decimal

    @property
    def ready(self) -> bool:
        """Enough in the plant, and work can begin with what is at the line side."""
        if self.required <= 0:
            return True
        return self.line_side > 0 and self.line_side + self.elsewhere >= self.required


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedOperation:
    """An order in a unit's queue; `blocked_by` is what a start would be refused with."""

    number: str
    operation: int
    materials: tuple[Need, ...]
    blocked_by: tuple[Refusal, ...]


async def read_queue(pool: Pool, *, unit: str, now: datetime) -> list[QueuedOperation]:
    """The queue of a unit, running order first; raises NotFound."""
    async with pool.connection() as connection, connection.transaction():
        place = await unit_of(connection, unit)
        rows = await work_orders.queue(connection, place.id, limit=QUEUE_MAX)
        today = await stock_effects.plant_date(connection, now=now)
        materials = await work_orders.materials(connection, [row.id for row in rows], today=today)
    running = next((row.number for row in rows if row.state == OrderState.RUNNING), None)
    return [
        QueuedOperation(
            number=row.number,
            operation=row.operation,
            materials=tuple(
                _need(row, material) for material in materials if material.operation_id == row.id
            ),
            blocked_by=_blocked_by(row, place=place, running=running),
        )
        for row in rows
    ]


def _need(row: work_orders.QueueRow, material: work_orders.MaterialRow) -> Need:
    to_make = max(row.target - row.good, Decimal(0))
    return Need(
        item=material.item,
        item_name=material.item_name,
        unit=material.unit,
        required=booked(requirement(material.component, to_make)),
        line_side=material.line_side,
        elsewhere=material.elsewhere,
    )


def _blocked_by(
    row: work_orders.QueueRow, *, place: UnitRow, running: str | None
) -> tuple[Refusal, ...]:
    state = OrderState(row.state)
    interrupted = state in (OrderState.HELD, OrderState.SUSPENDED)
    found: list[Refusal] = []
    try:
        decide(
            Operation(number=row.number, state=state, upstream_good=row.upstream_good),
            ChangeState(verb=Verb.RESUME if interrupted else Verb.START),
        )
    except Refusal as refusal:
        found.append(refusal)
    if running is not None and running != row.number:
        found.append(UnitBusy(unit=place.name, running=running))
    return tuple(found)
