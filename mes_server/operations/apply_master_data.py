"""Items, places, bills, loops and people in one document: all of it is taken or none, and nothing is deleted."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from device_profiles.plant import Plant
from mes_server.domain.refusal import ITEM, LOCATION, NotFound, Words
from mes_server.domain.routing import Routing
from mes_server.domain.stock import NotARealPlace, UnitInUse
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.document_loops import save_document_loops
from mes_server.operations.item_details import bills_in_stock_units, save_item_details
from mes_server.operations.pin import hash_pin, pin_matches
from mes_server.operations.rights import authorise
from mes_server.operations.save_bills import named_items, named_places, save_bills
from mes_server.operations.save_routings import save_routings
from mes_server.operations.sync_plant import write_plant
from mes_server.storage import master_data
from mes_server.storage import people as stored_people
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched

Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Rows in the words of the API, decimals as text."""

    items: Rows
    locations: Rows
    bills: Rows
    loops: Rows
    people: Rows
    routings: Sequence[Routing] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPin:
    """A PIN for a person of the document, and 16 random bytes for its hash."""

    badge: str
    pin: str = field(repr=False)
    salt: bytes = field(repr=False)


async def apply_master_data(
    pool: Pool, call: Call, document: Document, *, plant: Plant, pins: Sequence[NewPin] = ()
) -> Answer:
    """Bring the database to the document. Answers Applied.

    Raises NotFound for a code that neither the document nor the database knows, BillLoops, ComponentTwice,
    RoutingUnclear, UnitInUse, UnitUnknown, GtinWrong, GtinTaken, LoopIncomplete, CallOpen or
    NotARealPlace. People come from administrators alone: BadgeMissing or RoleMissing for others.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        if document.people:
            await authorise(connection, call, kind="save-person", given={})
        if unreal := await master_data.unreal_locations(connection, document.locations):
            raise NotARealPlace(place=unreal[0])
        if used := await master_data.items_with_stock_in_another_unit(connection, document.items):
            raise UnitInUse(items=tuple(used))
        items = set(await master_data.upsert_items(connection, document.items))
        items |= await save_item_details(connection, document.items)
        locations = await master_data.upsert_locations(connection, document.locations)
        await _check_names(connection, document)
        bills = await save_bills(connection, await bills_in_stock_units(connection, document.bills))
        routings = await save_routings(connection, document.routings)
        loops = await save_document_loops(connection, document.loops)
        people = await master_data.upsert_people(connection, document.people)
        await _set_pins(connection, pins)
        changed = {
            "items": len(items),
            "locations": locations,
            "bills": bills,
            "loops": len(loops),
            "people": people,
            "routings": routings,
        }
        linked = await write_plant(connection, plant)
        return Outcome(
            answer={"changed": changed},
            touched=Touched(units=linked, stock=loops),
            places=loops,
        )

    given = _abstract(document)
    return await run_command(pool, call, kind="apply-master-data", given=given, work=work)


async def _set_pins(connection: Connection, pins: Sequence[NewPin]) -> None:
    """PINs that are not the persons' already; who gets another one signs in anew."""
    for new in pins:
        person = await stored_people.find_badge(connection, new.badge)
        known = person.pin_hash if person else None
        if known and await asyncio.to_thread(pin_matches, known, new.pin):
            continue
        pin_hash = await asyncio.to_thread(hash_pin, new.pin, salt=new.salt)
        await stored_people.set_pin(connection, badge=new.badge, pin_hash=pin_hash)


def _abstract(document: Document) -> dict[str, Any]:
    """What stands for the document in the log: its digest, and how many rows of each kind."""
    rows = asdict(document)
    text = json.dumps(rows, sort_keys=True, default=str)
    counts = {kind: len(some) for kind, some in rows.items() if some}
    return {"sha256": hashlib.sha256(text.encode()).hexdigest(), "rows": counts}


async def _check_names(connection: Connection, document: Document) -> None:
    """Refuse the first code that nobody knows."""
    items = named_items(document.bills)
    items += [loop["item"] for loop in document.loops]
    places = [place["parent"] for place in document.locations if place["parent"] is not None]
    places += named_places(document.bills)
    ends = [loop.get(end) for loop in document.loops for end in ("location", "source")]
    places += [end for end in ends if end is not None]
    _refuse(ITEM, await master_data.missing_items(connection, items))
    _refuse(LOCATION, await master_data.missing_locations(connection, places))


def _refuse(what: Words, missing: Sequence[str]) -> None:
    if missing:
        raise NotFound(what=what, name=", ".join(missing))
