"""Where a lot came from, where it went, and everything a recall must find."""

from dataclasses import asdict
from decimal import Decimal
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from mes_server.api.access import screens_only
from mes_server.api.server import ServerHere
from mes_server.contract.trace import Genealogy, MassBalance, Recall
from mes_server.domain.refusal import LOT, NotFound
from mes_server.storage import genealogy
from mes_server.storage.database import Connection
from mes_server.storage.genealogy import Direction, LinkRow, Tree, WhereRow

router = APIRouter(prefix="/lots", tags=["trace"], dependencies=[Depends(screens_only)])
Depth = Annotated[int, Query(ge=1, le=genealogy.DEPTH_MAX, description="Levels to walk")]

EXPOSURES_MAX = 500
"""Orders of one recall whose process values are read; the answer says when there were more."""


@router.get("/{item}/{lot:path}/genealogy")
async def get_genealogy(
    server: ServerHere,
    item: str,
    lot: str,
    direction: Direction = Direction.BACK,
    depth: Depth = 10,
) -> Genealogy:
    """Which lots went into this one, or which it went into, with quantities and time windows, read from the ledger."""
    async with server.pool.connection() as connection:
        root = await _lot(connection, item, lot)
        tree = await genealogy.walk(connection, root, direction, depth=depth)
    return Genealogy.model_validate(
        {
            "item": item,
            "lot": lot,
            "direction": direction.value,
            "depth": depth,
            "lots": _lots(tree),
            "links": [_link(tree, link) for link in tree.links],
            "cut": tree.cut,
        }
    )


@router.get("/{item}/{lot:path}/balance")
async def get_mass_balance(server: ServerHere, item: str, lot: str) -> MassBalance:
    """Where all of a lot came from and went: used, scrapped, shipped, adjusted, and what is there now."""
    async with server.pool.connection() as connection:
        root = await _lot(connection, item, lot)
        accounts = await genealogy.everywhere(connection, root)
        tree = await genealogy.walk(connection, root, Direction.BACK, depth=0)
    return MassBalance.model_validate(
        {
            "item": item,
            "lot": lot,
            "unit": tree.lots[root].unit,
            "came": -sum((row.quantity for row in accounts if row.quantity < 0), Decimal(0)),
            "difference": sum((row.quantity for row in accounts), Decimal(0)),
            "accounts": [asdict(row) for row in accounts],
        }
    )


@router.get("/{item}/{lot:path}/recall")
async def get_recall(server: ServerHere, item: str, lot: str) -> Recall:
    """All lots that contain this one, where they are now, which orders and units made them, and what those measured."""
    async with server.pool.connection() as connection:
        root = await _lot(connection, item, lot)
        tree = await genealogy.walk(connection, root, Direction.FORWARD, depth=genealogy.DEPTH_MAX)
        shown = tree.links[:EXPOSURES_MAX]
        measured = await genealogy.process_values(connection, shown)
        places = await genealogy.whereabouts(connection, list(tree.lots))
        outside = await genealogy.without_order(connection, list(tree.lots))
    cut = tree.cut or ("links" if len(tree.links) > EXPOSURES_MAX else None)
    products = [
        _product(tree, found, places.get(found, []))
        for found in sorted(tree.lots, key=lambda one: (tree.depth[one], one))
        if found != root
    ]
    exposures = [
        {
            "link": _link(tree, link),
            "process_values": [asdict(row) for row in measured.get(nr, [])],
        }
        for nr, link in enumerate(shown)
    ]
    return Recall.model_validate(
        {
            "lot": {**asdict(tree.lots[root]), "depth": 0},
            "places": [asdict(row) for row in places.get(root, [])],
            "products": products,
            "exposures": exposures,
            "without_order": [asdict(row) for row in outside],
            "cut": cut,
        }
    )


async def _lot(connection: Connection, item: str, lot: str) -> int:
    found = await genealogy.find_lot(connection, item=item, lot=lot)
    if found is None:
        raise NotFound(what=LOT, name=f"{item}/{lot}")
    return found


def _lots(tree: Tree) -> list[dict[str, Any]]:
    """By level, the one that was asked for first."""
    order = sorted(tree.lots, key=lambda one: (tree.depth[one], one))
    return [{**asdict(tree.lots[one]), "depth": tree.depth[one]} for one in order]


def _link(tree: Tree, link: LinkRow) -> dict[str, Any]:
    used, made = tree.lots[link.input_id], tree.lots[link.output_id]
    return {
        **asdict(link),
        "input_item": used.item,
        "input_lot": used.lot,
        "input_unit": used.unit,
        "output_item": made.item,
        "output_lot": made.lot,
        "output_unit": made.unit,
    }


def _product(tree: Tree, lot: int, places: list[WhereRow]) -> dict[str, Any]:
    into = [link for link in tree.links if link.output_id == lot]
    return {
        **asdict(tree.lots[lot]),
        "depth": tree.depth[lot],
        "produced": max(link.produced for link in into),
        "orders": sorted({link.order for link in into}),
        "places": [asdict(row) for row in places],
    }
