"""Why a movement of stock is refused."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words


@dataclass(kw_only=True, eq=False)
class StockTooLow(Refusal):
    """A real place cannot hold less than nothing, nor less than what is reserved there."""

    type = "stock-too-low"
    title = words(
        "{place} has {here} of lot {lot} of {item}, {reserved} of it reserved; {wanted} cannot be taken.",
        "{place}现有{item}批次{lot}共{here}（已预留{reserved}），无法取出{wanted}。",
    )
    detail = words(
        "Take less, take another lot, or book first what arrived there.",
        "请减少数量、更换批次，或先登记到货。",
    )
    item: str
    lot: str
    place: Words
    here: Decimal
    reserved: Decimal
    wanted: Decimal


@dataclass(kw_only=True, eq=False)
class PiecesGone(Refusal):
    """The pieces to scrap are no longer where the unit puts its output."""

    type = "pieces-gone"
    title = words(
        "Only {here} pieces of work order {number} are still at {place}; {quantity} cannot be scrapped there.",
        "工单{number}在{place}仅剩{here}件，无法报废{quantity}件。",
    )
    detail = words(
        "The others were used or moved on. Enter at most {here} here, and the rest where the pieces are now.",
        "其余已被使用或转移。此处最多录入{here}件，其余请在产品现处位置登记。",
    )
    number: str
    place: Words
    here: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class NotARealPlace(Refusal):
    """Stock moves between real locations only."""

    type = "not-a-real-place"
    status = 422
    title = words("{place} is not a place that holds stock.", "{place}不是实际库位。")
    detail = words("Choose a store, a bin or a line side.", "请选择仓库、货位或线边库位。")
    place: Words


@dataclass(kw_only=True, eq=False)
class SamePlace(Refusal):
    """A transfer to where it is."""

    type = "same-place"
    status = 422
    title = words("The lot is at {place} already.", "该批次已在{place}。")
    detail = words("Choose another destination.", "请选择其他目的库位。")
    place: Words


@dataclass(kw_only=True, eq=False)
class LotDiffers(Refusal):
    """A lot code is known with another expiry date."""

    type = "lot-differs"
    title = words(
        "Lot {lot} of {item} is known with expiry date {known}.",
        "{item}批次{lot}已登记的有效期为{known}。",
    )
    detail = words(
        "Check the date on the label; a different delivery needs its own lot number.",
        "请核对标签日期；不同到货请使用不同批次号。",
    )
    item: str
    lot: str
    known: date | str


@dataclass(kw_only=True, eq=False)
class UnitInUse(Refusal):
    """The stock unit of an item that was booked cannot change."""

    type = "unit-in-use"
    title = words(
        "Items {items} have stock in their present unit.", "物料{items}已按现有单位入账。"
    )
    detail = words("Create a new item for the new unit.", "如需新单位，请新建物料。")
    items: tuple[str, ...]
