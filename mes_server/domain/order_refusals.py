"""What keeps an order from being created, released, started or given pieces, besides its state."""

from dataclasses import dataclass

from mes_server.domain.refusal import Refusal, Words, words


@dataclass(kw_only=True, eq=False)
class UnitBusy(Refusal):
    """One running operation per unit."""

    type = "unit-busy"
    title = words("{unit} runs work order {running}.", "{unit}正在运行工单{running}。")
    detail = words(
        "Pause or complete {running} first, then start this one.",
        "请先暂停或完工{running}，再开始此工单。",
    )
    unit: Words
    running: str


@dataclass(kw_only=True, eq=False)
class NotMade(Refusal):
    """A bought item is not ordered from the shop floor."""

    type = "not-made"
    status = 422
    title = words("{item} is bought, not made.", "{item}为外购件，不可下生产工单。")
    detail = words("Order an item that is made here.", "请选择自制件。")
    item: str


@dataclass(kw_only=True, eq=False)
class NoBill(Refusal):
    """Without a bill nothing would be consumed."""

    type = "no-bill"
    title = words("{item} has no bill of material.", "{item}没有物料清单。")
    detail = words(
        "Have the engineer enter its components, then release again.",
        "请工程师维护物料清单后重新下达。",
    )
    item: str


@dataclass(kw_only=True, eq=False)
class UnitHasNoPlaces(Refusal):
    """Nowhere to take from or to put to."""

    type = "unit-has-no-places"
    title = words(
        "{unit} has no line side or no output place yet.", "{unit}尚未设置线边库位或产出库位。"
    )
    detail = words(
        "Have the engineer enter these locations in the master data and the plant file.",
        "请工程师在主数据和工厂文件中维护这些库位。",
    )
    unit: Words


@dataclass(kw_only=True, eq=False)
class NothingToAttribute(Refusal):
    """No pieces and no weighings without an order in that time."""

    type = "nothing-to-attribute"
    title = words(
        "{unit} counted and weighed nothing outside an order in that time.",
        "该时段内{unit}没有无工单的产量或称重。",
    )
    detail = words(
        "Look at the lists of unattributed pieces and weighings.", "请查看未归属产量和称重列表。"
    )
    unit: Words


@dataclass(kw_only=True, eq=False)
class AlreadyTakenBack(Refusal):
    """A scrap entry is taken back once."""

    type = "already-taken-back"
    title = words("This scrap entry was taken back already.", "该报废记录已被撤销。")
    detail = words("Nothing is left to do.", "无需再次操作。")


@dataclass(kw_only=True, eq=False)
class OrderChanged(Refusal):
    """Somebody else changed the order meanwhile."""

    type = "order-changed"
    status = 412
    title = words(
        "Work order {number} was changed meanwhile: you saw version {seen}, it is at {version}.",
        "工单{number}已被他人修改：您看到的是版本{seen}，当前为版本{version}。",
    )
    detail = words("Look at it as it is now, then decide again.", "请查看最新内容后重新决定。")
    number: str
    seen: int
    version: int


@dataclass(kw_only=True, eq=False)
class AlreadyStarted(Refusal):
    """The unit of an operation that has begun stays."""

    type = "already-started"
    title = words(
        "Operation {operation} of work order {number} has begun on {unit}; its unit cannot be changed.",
        "工单{number}工序{operation}已在{unit}开工，无法更换设备。",
    )
    detail = words(
        "Complete it here, and split the order to make the rest elsewhere.",
        "请在此完工；如需在其他设备生产剩余数量，请拆分工单。",
    )
    number: str
    operation: int
    unit: Words
