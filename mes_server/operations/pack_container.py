"""Containers are made known, packed, unpacked, closed and opened; the stock itself stays where it is."""

from dataclasses import asdict, dataclass
from decimal import Decimal

from mes_server.domain.container import CONTAINER, ContainerSealed, NotInside, check_loose
from mes_server.domain.refusal import AlreadyExists, NotFound
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.container_answer import container_answer
from mes_server.operations.named import item_of, lot_of, place_of
from mes_server.operations.quantity import given_in_units, stock_quantity
from mes_server.storage import containers, ledger
from mes_server.storage.containers import LockedContainer
from mes_server.storage.database import Connection, Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContainer:
    """A container and where it stands."""

    code: str
    kind: str
    location: str
    tare: Decimal | None
    tare_unit: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """How much of which lot."""

    item: str
    lot: str
    quantity: Decimal
    unit: str | None


async def create_container(pool: Pool, call: Call, new: NewContainer) -> Answer:
    """Make it known, empty. Answers a Container; raises AlreadyExists, NotFound or NotARealPlace."""

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        place = await place_of(connection, new.location)
        created = await containers.create(
            connection,
            code=new.code,
            kind=new.kind,
            location_id=place.id,
            tare=new.tare,
            tare_unit=new.tare_unit,
            at=transaction.now,
        )
        if not created:
            raise AlreadyExists(what=CONTAINER, name=new.code)
        return Outcome(answer=await container_answer(connection, new.code))

    return await run_command(pool, call, kind="create-container", given=asdict(new), work=work)


async def pack_container(
    pool: Pool, call: Call, *, code: str, content: Content, unpack: bool
) -> Answer:
    """Put loose stock of the container's place in, or take it out (`unpack`). Answers a Container.

    Raises NotFound, ContainerSealed, NotLoose, NotInside or UnitUnknown.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        box = await locked_container(connection, code)
        if box.sealed:
            raise ContainerSealed(code=code)
        item = await item_of(connection, content.item)
        quantity = await stock_quantity(connection, item, content.quantity, content.unit)
        await ledger.lock(connection, {(item.id, box.location_id)})
        lot = await lot_of(connection, item=item.code, lot=content.lot, location_id=box.location_id)
        await ledger.settle_containers(connection, [(item.id, box.location_id, lot.id)])
        if unpack:
            await _take_out(connection, box, content, lot.id, item.id, quantity)
        else:
            packed = await containers.packed_there(
                connection, item_id=item.id, lot_id=lot.id, location_id=box.location_id
            )
            check_loose(
                item=item.code,
                lot=lot.lot,
                place=box.place,
                here=lot.quantity,
                packed=packed,
                quantity=quantity,
            )
            await containers.add(
                connection, box.id, item_id=item.id, lot_id=lot.id, quantity=quantity
            )
        return Outcome(answer=await container_answer(connection, code))

    kind = "unpack-container" if unpack else "pack-container"
    given = given_in_units(content, container=code)
    return await run_command(pool, call, kind=kind, given=given, work=work)


async def seal_container(pool: Pool, call: Call, *, code: str, sealed: bool) -> Answer:
    """Mark it as full, or open it again. Answers a Container; raises NotFound."""

    async def work(transaction: Transaction) -> Outcome:
        box = await locked_container(transaction.connection, code)
        await containers.set_sealed(transaction.connection, box.id, sealed=sealed)
        return Outcome(answer=await container_answer(transaction.connection, code))

    kind = "seal-container" if sealed else "open-container"
    return await run_command(pool, call, kind=kind, given={"container": code}, work=work)


async def locked_container(connection: Connection, code: str) -> LockedContainer:
    """The container, locked; raises NotFound."""
    box = await containers.lock(connection, code)
    if box is None:
        raise NotFound(what=CONTAINER, name=code)
    return box


async def _take_out(
    connection: Connection,
    box: LockedContainer,
    content: Content,
    lot_id: int,
    item_id: int,
    quantity: Decimal,
) -> None:
    inside = next(
        (one for one in await containers.contents(connection, box.id) if one.lot_id == lot_id),
        None,
    )
    held = inside.quantity if inside is not None else Decimal(0)
    if held < quantity:
        raise NotInside(
            code=box.code, item=content.item, lot=content.lot, inside=held, quantity=quantity
        )
    await containers.take(connection, box.id, item_id=item_id, lot_id=lot_id, quantity=quantity)
