"""Another item takes a component's place on a running order, from what is produced now on."""

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from fractions import Fraction

from mes_server.domain.bill_of_material import Component, requirement
from mes_server.domain.components import (
    AlreadyUsed,
    NotAComponent,
    NotPermitted,
    WeighedInAnotherUnit,
    as_read,
    in_place_of,
)
from mes_server.domain.order_changes import CHANGED, check_open
from mes_server.domain.units import booked
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.move_claims import Instead, move_claims
from mes_server.operations.named import item_of, locked_on_unit
from mes_server.operations.note_change import note_change
from mes_server.operations.order_outcome import order_outcome
from mes_server.operations.rights import authorise
from mes_server.storage import components, order_changes
from mes_server.storage.components import ComponentRow
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched
from mes_server.storage.work_orders import ItemRow, OperationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """Which component goes, what comes in its place, and why."""

    component: str
    substitute: str
    ratio: Decimal | None
    """So much of the substitute for one of the component; None: as the bill permits it."""
    reason: str


async def substitute_component(
    pool: Pool, call: Call, *, number: str, operation: int | None, substitution: Substitution
) -> Answer:
    """Use the substitute from now on; what was issued of the component stays. Answers the OrderCard.

    Raises NotFound, WrongState, NotAComponent, AlreadyUsed, WeighedInAnotherUnit, NotPermitted; and RoleMissing when a substitute outside the
    permitted list, or another ratio, is asked for by somebody who is neither quality nor manager.
    """
    given = {"number": number, "operation": operation, **asdict(substitution)}

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        row = await locked_on_unit(connection, number=number, operation=operation)
        check_open([row.decided], verb=CHANGED)
        used = {
            one.item: one
            for one in await components.present(connection, row.order_id)
            if one.operation_id == row.id
        }
        goes = used.get(substitution.component)
        if goes is None:
            raise NotAComponent(
                number=number,
                operation=row.operation,
                item=substitution.component,
                items=tuple(used),
            )
        if substitution.substitute in used:
            raise AlreadyUsed(number=number, operation=row.operation, item=substitution.substitute)
        item = await item_of(connection, substitution.substitute)
        await _check_unit(connection, goes, item)
        comes, permitted = await _statement(transaction, goes, substitution, number=number)
        if not permitted:
            await authorise(connection, call, kind="substitute-unlisted", given=given)
        await components.end(connection, goes, now=transaction.now)
        back = goes.substitute_for == item.code
        await components.begin(
            connection,
            goes,
            comes,
            item_id=item.id,
            substitute_for=None if back else goes.substitute_for or goes.item,
            now=transaction.now,
        )
        await _note(transaction, row.order_id, goes, comes, reason=substitution.reason)
        places = frozenset({(goes.item_id, goes.location_id), (item.id, goes.location_id)})
        claimed = await _claim_instead(transaction, row, goes, comes, item_id=item.id)
        outcome = await order_outcome(
            transaction,
            operation_id=row.id,
            equipment_id=row.equipment_id,
            touched=Touched(stock=places),
        )
        return replace(outcome, places=claimed)

    return await run_command(pool, call, kind="substitute", given=given, work=work)


async def _claim_instead(
    transaction: Transaction,
    row: OperationRow,
    goes: ComponentRow,
    comes: Component,
    *,
    item_id: int,
) -> frozenset[tuple[int, int]]:
    """What was claimed of the component is claimed of what takes its place, in the same places and its own quantity."""
    one = Decimal(1)
    ratio = requirement(comes, one) / requirement(goes.component, one)
    return await move_claims(
        transaction,
        operations=[row.id],
        leaves=lambda held: held.item_id == goes.item_id,
        arrives=lambda held: (item_id, held.location_id),
        instead=lambda claims: [
            Instead(
                operation_id=row.id,
                equipment_id=row.equipment_id,
                item=comes.item,
                location_id=held.location_id,
                quantity=booked(Fraction(held.remaining) * ratio),
            )
            for held in claims
        ],
    )


async def _check_unit(connection: Connection, goes: ComponentRow, comes: ItemRow) -> None:
    """What a scale measures as one item it can measure as the other; raises WeighedInAnotherUnit."""
    was = await item_of(connection, goes.item)
    if goes.measured and was.unit != comes.unit:
        raise WeighedInAnotherUnit(
            item=was.code, unit=was.unit, substitute=comes.code, other=comes.unit
        )


async def _statement(
    transaction: Transaction, goes: ComponentRow, asked: Substitution, *, number: str
) -> tuple[Component, bool]:
    """(the substitute as a component, whether the order permits it); raises NotPermitted."""
    connection = transaction.connection
    if goes.substitute_for == asked.substitute and asked.ratio is None:
        before = await components.past(
            connection, operation_id=goes.operation_id, item=asked.substitute
        )
        if before is not None:
            return replace(before, measured=goes.measured), True
    listed = await components.permitted(
        connection, operation_id=goes.operation_id, item=goes.substitute_for or goes.item
    )
    ratio = listed.get(asked.substitute)
    if ratio is not None and goes.substitute_for is None and asked.ratio in (None, ratio):
        return in_place_of(goes.component, substitute=asked.substitute, ratio=ratio), True
    if asked.ratio is None:
        raise NotPermitted(
            number=number, item=goes.item, substitute=asked.substitute, permitted=tuple(listed)
        )
    return in_place_of(goes.component, substitute=asked.substitute, ratio=asked.ratio), False


async def _note(
    transaction: Transaction,
    order_id: int,
    goes: ComponentRow,
    comes: Component,
    *,
    reason: str,
) -> None:
    change = order_changes.Change(
        order_id=order_id,
        operation_id=goes.operation_id,
        what="component",
        before=f"{goes.item}: {as_read(goes.component)}",
        after=f"{comes.item}: {as_read(comes)}",
    )
    await note_change(transaction, change, reason=reason)
