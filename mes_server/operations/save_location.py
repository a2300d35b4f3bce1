"""A place is created, renamed, put elsewhere in the tree, closed or opened again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from mes_server.domain.location_tree import KindFixed, check_close, check_parent, kind_words
from mes_server.domain.refusal import LOCATION, NotFound
from mes_server.domain.stock import NotARealPlace
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import locations, lots
from mes_server.storage.database import Connection, Pool
from mes_server.storage.touched import Touched


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the place is from now on."""

    name: Mapping[str, str]
    kind: str
    parent: str | None
    active: bool


async def save_location(pool: Pool, call: Call, *, code: str, place: Place) -> Answer:
    """Keep the place. Answers a Location.

    Raises NotFound for an unknown parent, PlaceLoops, WrongParent, KindFixed, PlaceInUse, or NotARealPlace for an account
    of the ledger.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        known = await lots.find_location(connection, code)
        if known is not None:
            await _check_change(connection, known, place)
        await _check_parent(connection, code, place)
        saved = await locations.save(
            connection,
            code=code,
            name=place.name,
            kind=place.kind,
            parent=place.parent,
            active=place.active,
        )
        items = await locations.items_at(connection, saved)
        return Outcome(
            answer={"code": code, **asdict(place)},
            touched=Touched(stock=frozenset((item, saved) for item in items)),
        )

    given = {"location": code, **asdict(place)}
    return await run_command(pool, call, kind="save-location", given=given, work=work)


async def _check_change(connection: Connection, known: lots.LocationRow, place: Place) -> None:
    """Refuse what stock at the place, or its users, do not allow."""
    if not known.physical:
        raise NotARealPlace(place=known.name)
    uses = await locations.uses(connection, known.id)
    if known.kind != place.kind and uses.stock != 0:
        raise KindFixed(place=known.name, kind=kind_words(known.kind))
    if known.active and not place.active:
        check_close(known.name, uses)


async def _check_parent(connection: Connection, code: str, place: Place) -> None:
    if place.parent is None:
        return
    above = await locations.above(connection, place.parent)
    if not above:
        raise NotFound(what=LOCATION, name=place.parent)
    check_parent(
        code=code,
        kind=place.kind,
        parent_kind=above[0][1],
        above=tuple(found for found, _ in above),
    )
