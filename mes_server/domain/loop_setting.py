"""What a loop has to say for its method, and what is refused about loops and calls."""

from dataclasses import dataclass
from decimal import Decimal

from mes_server.domain.loop_rule import Method, SupplyKind
from mes_server.domain.refusal import Refusal, Words, words

LOOP = words("replenishment loop", "补料回路")
CARD = words("kanban card", "看板卡")
SUPPLIER = words("supplier", "供应商")
CARDS_MAX = 200
"""Cards of one loop."""


@dataclass(kw_only=True, eq=False)
class LoopIncomplete(Refusal):
    """The method asks for something that was not given."""

    type = "loop-incomplete"
    status = 422
    title = words("This loop cannot work: {fault}.", "该补料回路无法运行：{fault}。")
    detail = words("Complete the loop, then save it again.", "请补充后重新保存。")
    fault: Words


@dataclass(kw_only=True, eq=False)
class CallOpen(Refusal):
    """A loop has at most one open call."""

    type = "call-open"
    title = words(
        "{item} was called for already: number {number} is open.",
        "{item}已有未完成的补料：编号{number}。",
    )
    detail = words(
        "Hurry that one, or cancel it first; a loop has one open call at a time.",
        "请催办该单或先取消；每个回路同时只能有一张。",
    )
    item: str
    number: int


@dataclass(kw_only=True, eq=False)
class NothingMissing(Refusal):
    """No deficiency, no emergency."""

    type = "nothing-missing"
    title = words(
        "{item} is not missing at {location}: {projected} are there or on their way.",
        "{location}不缺{item}：现有及在途共{projected}。",
    )
    detail = words(
        "An emergency call orders exactly what is missing. Use an ordinary call, or raise the safety stock.",
        "紧急叫料仅补足缺口。请使用普通叫料，或提高安全库存。",
    )
    item: str
    location: Words
    projected: Decimal


def check_loop(
    *,
    kind: SupplyKind,
    method: Method,
    reorder_point: Decimal,
    max_quantity: Decimal | None,
    has_source: bool,
    has_supplier: bool,
) -> None:
    """Raises LoopIncomplete for a loop that could never work."""
    if method is Method.MIN_MAX and (max_quantity is None or max_quantity <= reorder_point):
        raise LoopIncomplete(
            fault=words(
                "min-max needs a maximum above its minimum", "最小最大法需要高于最小值的最大值"
            )
        )
    if method is Method.MRP and kind is SupplyKind.TRANSFER:
        raise LoopIncomplete(
            fault=words(
                "planning buys and makes, it does not transfer", "物料需求计划只产生采购与生产建议"
            )
        )
    if kind is SupplyKind.TRANSFER and not has_source:
        raise LoopIncomplete(
            fault=words("a transfer needs a place to take from", "移库补料需要来源库位")
        )
    if kind is not SupplyKind.TRANSFER and has_source:
        raise LoopIncomplete(
            fault=words("only transfers have a source", "只有移库补料才有来源库位")
        )
    if kind is not SupplyKind.PURCHASE and has_supplier:
        raise LoopIncomplete(
            fault=words("only purchases have a supplier", "只有采购补料才有供应商")
        )
