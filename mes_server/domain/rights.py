"""Lines and scopes: where a role holds, what a program's token may ask for, and how both are refused."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from mes_server.domain.refusal import Refusal, Words, words

ADMIN_SCOPE = "admin"
READ_SCOPE = "read"
INGEST_SCOPE = "ingest"
ERP_SCOPE = "erp"
EVERY_STATION = "station:*"
_STATION = "station:"
_SCOPE = re.compile(r"admin|read|ingest|erp|station:(\*|[A-Za-z0-9][A-Za-z0-9._/ -]{0,199})")

PIN = re.compile(r"\d{4,12}")
"""What people can enter on a terminal's keypad."""


def is_scope(text: str) -> bool:
    """Whether this is a scope that a token can have."""
    return _SCOPE.fullmatch(text) is not None


def may_read(scopes: Collection[str]) -> bool:
    """Whether a token may look at the plant."""
    return may_command(scopes) or READ_SCOPE in scopes


def may_command(scopes: Collection[str]) -> bool:
    """Whether a token may send commands at all; which ones is decided with the person."""
    return (
        ADMIN_SCOPE in scopes
        or ERP_SCOPE in scopes
        or any(scope.startswith(_STATION) for scope in scopes)
    )


def may_speak_for_people(scopes: Collection[str]) -> bool:
    """Whether a token stands for terminals, where people show their badges."""
    return ADMIN_SCOPE in scopes or any(scope.startswith(_STATION) for scope in scopes)


def stations_of(scopes: Collection[str]) -> tuple[str, ...]:
    """Equipment paths that a token is limited to; empty: none in particular."""
    if EVERY_STATION in scopes or ADMIN_SCOPE in scopes:
        return ()
    return tuple(
        sorted(scope.removeprefix(_STATION) for scope in scopes if scope.startswith(_STATION))
    )


def is_within(path: str, lines: Iterable[str]) -> bool:
    """Whether equipment is one of the lines, or below one of them."""
    return any(path == line or path.startswith(f"{line}/") for line in lines)


def lines_of(
    roles: Collection[str], role_lines: Mapping[str, Sequence[str]]
) -> tuple[str, ...] | None:
    """Where at least one of the roles holds; None is the whole plant."""
    limited = [role_lines.get(role) or () for role in roles]
    if not all(limited):
        return None
    return tuple(sorted({line for lines in limited for line in lines}))


def covers(lines: Sequence[str], concerned: Sequence[Sequence[str]]) -> bool:
    """Whether everything that is concerned lies on the lines.

    Each thing is given with the units it belongs to, one of which is enough. What belongs to no unit concerns the
    whole plant, which no line covers.
    """
    return bool(concerned) and all(
        any(is_within(unit, lines) for unit in units) for units in concerned
    )


@dataclass(kw_only=True, eq=False)
class LineMissing(Refusal):
    """The person has the role, but not here."""

    type = "line-missing"
    status = 403
    title = words(
        "{person} may do this only on: {lines}.", "{person}仅可在以下产线执行此操作：{lines}。"
    )
    detail = words(
        "Ask someone who is responsible here, or the administrator to add this line.",
        "请联系负责此处的人员，或请管理员增加该产线的权限。",
    )
    person: str
    lines: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class StationElsewhere(Refusal):
    """The terminal's token is for other units."""

    type = "station-elsewhere"
    status = 403
    title = words(
        "This terminal may book only for: {stations}.", "此终端仅可为以下设备登记：{stations}。"
    )
    detail = words(
        "Do it at the terminal of the unit that is concerned.", "请在相应设备的终端上操作。"
    )
    stations: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class PinNeeded(Refusal):
    """The badge alone is not enough."""

    type = "pin-needed"
    status = 403
    title = words("{person} signs in with badge and PIN.", "{person}须使用工牌和PIN码登录。")
    detail = words("Enter the PIN as well.", "请同时输入PIN码。")
    person: str


@dataclass(kw_only=True, eq=False)
class PinNotSet(Refusal):
    """A role demands a PIN, and the person has none."""

    type = "pin-not-set"
    status = 403
    title = words("{person} needs a PIN and has none yet.", "{person}需要PIN码，但尚未设置。")
    detail = words("Ask the administrator to set one.", "请联系管理员设置PIN码。")
    person: str


@dataclass(kw_only=True, eq=False)
class PinWrong(Refusal):
    """The PIN is not the person's."""

    type = "pin-wrong"
    status = 403
    title = words("The PIN is not right.", "PIN码不正确。")
    detail = words(
        "Enter it again; after {left} more you have to wait.", "请重新输入；再错{left}次需等待。"
    )
    left: int


@dataclass(kw_only=True, eq=False)
class PinMalformed(Refusal):
    """What was to become a PIN is none."""

    type = "pin-malformed"
    status = 422
    title = words("This cannot be a PIN.", "该内容不能作为PIN码。")
    detail = words("Choose four to twelve digits.", "请使用4至12位数字。")


@dataclass(kw_only=True, eq=False)
class SignInNeeded(Refusal):
    """A command in the name of somebody who did not sign in with a PIN at this station."""

    type = "sign-in-needed"
    status = 403
    title = words("{person} is not signed in at this station.", "{person}未在此终端登录。")
    detail = words("Sign in with badge and PIN, then do it again.", "请使用工牌和PIN码登录后重试。")
    person: str


@dataclass(kw_only=True, eq=False)
class TooManyAttempts(Refusal):
    """Sign-in is closed for a while, at a station or for a badge."""

    type = "too-many-attempts"
    status = 429
    title = words("Too many failed sign-ins {where}.", "{where}登录失败次数过多。")
    detail = words("Try again in {retry_after_s} seconds.", "请在{retry_after_s}秒后重试。")
    where: Words
    retry_after_s: int
    """Also sent as `Retry-After`."""


@dataclass(kw_only=True, eq=False)
class LineUnknown(Refusal):
    """A role was given on equipment that does not exist."""

    type = "line-unknown"
    status = 422
    title = words("There is no equipment {lines}.", "找不到设备“{lines}”。")
    detail = words(
        "Name sites, areas, lines or units as the plant file does.", "请使用工厂文件中的路径。"
    )
    lines: tuple[str, ...]


@dataclass(kw_only=True, eq=False)
class LastAdministrator(Refusal):
    """Nobody would be left who can give rights."""

    type = "last-administrator"
    title = words("{person} is the last administrator.", "{person}是最后一位管理员。")
    detail = words("Make somebody else an administrator first.", "请先指定另一位管理员。")
    person: str


@dataclass(kw_only=True, eq=False)
class ScopeUnknown(Refusal):
    """A token was asked for with a scope that does not exist."""

    type = "scope-unknown"
    status = 422
    title = words("{scope} is no scope.", "“{scope}”不是有效的权限范围。")
    detail = words(
        "Use admin, read, ingest, erp, station:* or station:<equipment path>.",
        "请使用 admin、read、ingest、erp、station:* 或 station:<设备路径>。",
    )
    scope: str


AT_THIS_STATION = words("at this station", "此终端")
WITH_THIS_BADGE = words("with this badge", "该工牌")
PERSON = words("person with badge", "工牌人员")
TOKEN = words("token", "令牌")
