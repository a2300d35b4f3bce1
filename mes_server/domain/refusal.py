"""What the server will not do, and what the person can do instead; shown to people word for word.

A refusal is a dataclass: its fields fill the templates of title (what happened) and detail (what to do now).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar

Words = Mapping[str, str]
"""Language -> text; `en` is always there."""

DEFAULT_LANGUAGE = "en"


def words(en: str, zh: str) -> Words:
    """The same text in both languages."""
    return {"en": en, "zh": zh}


def in_language(text: Words, language: str) -> str:
    """The text in that language, or in English."""
    return text.get(language) or text[DEFAULT_LANGUAGE]


@dataclass(kw_only=True, eq=False)
class Refusal(Exception):
    """Base of all refusals."""

    type: ClassVar[str] = "refused"
    """Stable name; clients may rely on it."""
    status: ClassVar[int] = 409
    """HTTP status: 409 state forbids it, 404 not there, 403 not allowed, 422 does not make sense."""
    overridable: ClassVar[bool] = False
    """Whether the same command with a reason is accepted."""
    title: ClassVar[Words] = words("This is not possible.", "无法执行此操作。")
    detail: ClassVar[Words] = words("Ask your team leader.", "请联系班组长。")

    def say(self, language: str) -> tuple[str, str]:
        """(title, detail) in that language, filled in."""
        said = {name: _said(value, language) for name, value in vars(self).items()}
        return (
            in_language(self.title, language).format_map(said),
            in_language(self.detail, language).format_map(said),
        )

    def __str__(self) -> str:
        return " ".join(self.say(DEFAULT_LANGUAGE))


def plain(quantity: Decimal) -> str:
    """A quantity as people write it: no exponent, no trailing zeros."""
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _said(value: object, language: str) -> str:
    match value:
        case Decimal():
            return plain(value)
        case Mapping():
            return in_language(value, language)  # pyright: ignore[reportUnknownArgumentType]
        case tuple() | list():
            return ", ".join(_said(one, language) for one in value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return str(value)


@dataclass(kw_only=True, eq=False)
class NotFound(Refusal):
    """Something named does not exist."""

    type = "not-found"
    status = 404
    title = words("There is no {what} {name}.", "找不到{what}“{name}”。")
    detail = words(
        "Check the spelling, or scan the code again.", "请检查输入是否正确，或重新扫描条码。"
    )
    what: Words
    name: str


@dataclass(kw_only=True, eq=False)
class AlreadyExists(Refusal):
    """A code is taken."""

    type = "already-exists"
    title = words("There is a {what} {name} already.", "{what}“{name}”已存在。")
    detail = words(
        "Use another number, or open the existing one.", "请使用其他编号，或打开已有的记录。"
    )
    what: Words
    name: str


@dataclass(kw_only=True, eq=False)
class KeyReused(Refusal):
    """One idempotency key, two contents."""

    type = "key-reused"
    status = 422
    title = words(
        "This command was already sent with other content.", "该指令编号已用于不同的内容。"
    )
    detail = words(
        "Look at what was booked, then enter it anew.", "请先查看已登记的记录，然后重新录入。"
    )


@dataclass(kw_only=True, eq=False)
class UnknownBadge(Refusal):
    """Nobody has that badge, or it is no longer active."""

    type = "unknown-badge"
    status = 403
    title = words("Badge {badge} is not known here.", "工牌“{badge}”未登记。")
    detail = words(
        "Scan your badge again; if it stays unknown, ask the administrator to register it.",
        "请重新扫描工牌；如仍无法识别，请联系管理员登记。",
    )
    badge: str


@dataclass(kw_only=True, eq=False)
class BadgeMissing(Refusal):
    """A command without a person."""

    type = "badge-missing"
    status = 403
    title = words("Nobody is signed in.", "尚未登录。")
    detail = words("Scan your badge, then do it again.", "请先扫描工牌，然后重试。")


@dataclass(kw_only=True, eq=False)
class RoleMissing(Refusal):
    """The person may not do this."""

    type = "role-missing"
    status = 403
    title = words("{person} may not do this.", "{person}无权执行此操作。")
    detail = words("Ask someone who is: {roles}.", "请由具备以下角色的人员操作：{roles}。")
    person: str
    roles: tuple[Words, ...]


ROLE_WORDS: Mapping[str, Words] = {
    "operator": words("operator", "操作员"),
    "leader": words("team leader", "班组长"),
    "warehouse": words("warehouse", "仓管员"),
    "planner": words("planner", "计划员"),
    "quality": words("quality", "质检员"),
    "engineer": words("engineer", "工程师"),
    "manager": words("manager", "经理"),
    "admin": words("administrator", "管理员"),
}

ORDER = words("work order", "工单")
ITEM = words("item", "物料")
LOT = words("lot", "批次")
LOCATION = words("location", "库位")
UNIT = words("unit", "设备")
SIGNAL = words("replenishment call", "补料单")
SCRAP_REPORT = words("scrap entry", "报废记录")
MOVEMENT = words("movement", "库存流水")
