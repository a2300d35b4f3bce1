"""What the warehouse's pages read from the server besides the feed."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel

from hmi.pages.visitor import Visitor
from hmi.server_client import Query
from hmi.views.receive import label_view
from mes_server.contract.items import ItemCard, Scanned
from mes_server.contract.locations import SavedLocation
from mes_server.contract.materials import BinSuggestion
from mes_server.contract.purchasing import PurchaseOrder
from mes_server.contract.shape import LocalName

Row = TypeVar("Row", bound=BaseModel)

STATION = "warehouse"
"""People sign in once for all screens of the warehouse on one device."""


async def listed(visitor: Visitor, path: str, query: Query, shape: type[Row]) -> list[Row]:
    """A list of the API in its contract's words."""
    rows = await visitor.house.server.rows(path, query, caller=visitor.caller())
    return [shape.model_validate(row) for row in rows]


async def places(visitor: Visitor) -> Sequence[SavedLocation]:
    """Every place of the plant."""
    return await listed(visitor, "locations", {}, SavedLocation)


async def open_purchases(visitor: Visitor) -> Sequence[PurchaseOrder]:
    """Purchase orders of which something is still expected."""
    found: list[PurchaseOrder] = []
    for state in ("open", "confirmed"):
        found += await listed(visitor, "purchase-orders", {"state": state}, PurchaseOrder)
    return found


def names_of(found: Sequence[SavedLocation] | None) -> Mapping[str, LocalName]:
    """Code of a place -> its name."""
    return {place.code: place.name for place in found or ()}


async def label(visitor: Visitor, body: Mapping[str, Any]) -> dict[str, Any]:
    """Question `label`: what the scanned or typed `text` names here."""
    server, caller = visitor.house.server, visitor.caller()
    told = await server.read("scan", {"barcode": str(body.get("text", ""))[:200]}, caller=caller)
    scanned = Scanned.model_validate(told.body)
    item = None
    if scanned.item is not None:
        answer = await server.read(f"items/{quote(scanned.item)}", {}, caller=caller)
        item = ItemCard.model_validate(answer.body)
    return label_view(scanned, item, visitor.form())


async def suggested_bin(visitor: Visitor, body: Mapping[str, Any]) -> dict[str, Any]:
    """Question `bin`: where `lot` of `item`, which lies at `from`, should be put."""
    query = {name: str(body.get(name, ""))[:64] for name in ("item", "lot", "from")}
    told = await visitor.house.server.read("put-aways/suggestion", query, caller=visitor.caller())
    found = BinSuggestion.model_validate(told.body)
    return {"code": found.location, "name": visitor.words.name(found.location_name)}
