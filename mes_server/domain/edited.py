"""What is refused about a single edit of a thing with an address of its own."""

from dataclasses import dataclass

from mes_server.domain.refusal import Refusal, words

BILL = words("bill of material", "物料清单")


@dataclass(kw_only=True, eq=False)
class OtherName(Refusal):
    """The body is about another thing than the address."""

    type = "other-name"
    status = 422
    title = words(
        "The address names {address}, the content {given}.",
        "地址为“{address}”，内容却为“{given}”。",
    )
    detail = words(
        "Send the content to its own address; codes cannot be changed.",
        "请将内容发送到对应的地址；编码不可更改。",
    )
    address: str
    given: str


@dataclass(kw_only=True, eq=False)
class UnitTwice(Refusal):
    """An item names one unit twice, or its stock unit as a further one."""

    type = "unit-twice"
    status = 422
    title = words("{item} has the unit {unit} twice.", "物料“{item}”的单位“{unit}”重复。")
    detail = words(
        "Name each further unit once; the stock unit needs no conversion.",
        "每个附加单位只填写一次；库存单位无需换算。",
    )
    item: str
    unit: str


@dataclass(kw_only=True, eq=False)
class UnitNeeded(Refusal):
    """A unit that something is counted in cannot go."""

    type = "unit-needed"
    title = words(
        "{item} is still ordered in the unit {unit}.", "物料“{item}”仍以单位“{unit}”订购或补料。"
    )
    detail = words(
        "Change the replenishment loop that packs in it first, or keep the unit.",
        "请先修改使用该包装单位的补料回路，或保留该单位。",
    )
    item: str
    unit: str


def check_name(*, address: str, given: str | None) -> None:
    """Refuse content that names another thing than its address; raises OtherName."""
    if given is not None and given != address:
        raise OtherName(address=address, given=given)


def check_units(item: str, *, stock_unit: str, units: list[str]) -> None:
    """Refuse a unit that is named twice; raises UnitTwice."""
    seen = {stock_unit}
    for unit in units:
        if unit in seen:
            raise UnitTwice(item=item, unit=unit)
        seen.add(unit)
