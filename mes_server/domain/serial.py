"""Serial numbers: one piece each, followed from where it was made or received into what it was built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.refusal import Refusal, Words, words

SERIAL = words("serial number", "序列号")


@dataclass(kw_only=True, eq=False)
class NotSerialised(Refusal):
    """The item's pieces have no numbers."""

    type = "not-serialised"
    status = 422
    title = words("{item} is not counted by serial numbers.", "{item}未启用序列号管理。")
    detail = words("Have the item set up for serial numbers first.", "请先为该物料启用序列号。")
    item: str


@dataclass(kw_only=True, eq=False)
class SerialTaken(Refusal):
    """A number is given once."""

    type = "serial-taken"
    title = words("{item} has serial number {serials} already.", "{item}的序列号{serials}已存在。")
    detail = words(
        "Scan the label again, or give the piece another number.", "请重新扫描标签，或更换序列号。"
    )
    item: str
    serials: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class MoreSerialsThanPieces(Refusal):
    """Every number stands for a piece that is there."""

    type = "more-serials-than-pieces"
    title = words(
        "{place} has {unnumbered} pieces of lot {lot} of {item} without a serial number, not {count}.",
        "{place}的{item}批次{lot}无序列号数量为{unnumbered}，不足{count}。",
    )
    detail = words(
        "Register at most that many, or book first what arrived there.",
        "请减少登记数量，或先登记到货。",
    )
    item: str
    lot: str
    place: Words
    unnumbered: Decimal
    count: int


@dataclass(kw_only=True, eq=False)
class SerialsNeeded(Refusal):
    """Numbered pieces do not move without saying which."""

    type = "serials-needed"
    title = words(
        "{place} holds {count} numbered pieces of lot {lot} of {item}; say which of them move.",
        "{place}的{item}批次{lot}有{count}件带序列号，请指定序列号。",
    )
    detail = words("Scan their serial numbers.", "请扫描序列号。")
    item: str
    lot: str
    place: Words
    count: int


@dataclass(kw_only=True, eq=False)
class SerialNotThere(Refusal):
    """The piece is consumed or gone."""

    type = "serial-not-there"
    title = words("{item} {serial} is {state}.", "{item} {serial}状态为{state}。")
    detail = words("Look at its history.", "请查看其历史记录。")
    item: str
    serial: str
    state: Words


@dataclass(kw_only=True, eq=False)
class SerialLoops(Refusal):
    """A piece would be built into itself."""

    type = "serial-loops"
    status = 422
    title = words("{serial} would be built into itself.", "{serial}将装入自身。")
    detail = words("Scan the piece that it goes into.", "请扫描其装入的产品。")
    serial: str


STATE_WORDS: Mapping[str, Words] = {
    "in_stock": words("in stock", "在库"),
    "consumed": words("built in or used", "已装入或消耗"),
    "gone": words("no longer here", "已离开"),
}


def check_numbers(
    *,
    item: str,
    lot: str,
    place: Words,
    serials: Sequence[str],
    known: Sequence[str],
    here: Decimal,
    numbered: int,
) -> None:
    """Refuse numbers that are given already, twice in one breath, or more of them than pieces without one."""
    taken = sorted({one for one in serials if one in known or serials.count(one) > 1})
    if taken:
        raise SerialTaken(item=item, serials=tuple(taken))
    unnumbered = here - numbered
    if len(serials) > unnumbered:
        raise MoreSerialsThanPieces(
            item=item, lot=lot, place=place, unnumbered=unnumbered, count=len(serials)
        )
