"""Blind cycle counts: the counter does not see the books; what differs too much is counted again, then approved."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from mes_server.domain.refusal import Refusal, words

COUNT_LIST = words("count list", "盘点单")
COUNT_LINE = words("count line", "盘点行")


class Verdict(StrEnum):
    """What becomes of a count."""

    BOOK = "booked"
    """Within tolerance: the difference is booked."""
    RECOUNT = "recount"
    """Above it for the first time: somebody else counts again."""
    WAIT = "waiting"
    """Above it again: somebody who counted neither time approves or refuses."""


@dataclass(kw_only=True, eq=False)
class OwnCount(Refusal):
    """Four eyes: whoever counted neither recounts nor approves."""

    type = "own-count"
    status = 403
    title = words("You counted this yourself.", "该行由您本人盘点。")
    detail = words("Have somebody else count or decide.", "请由他人复盘或审批。")


@dataclass(kw_only=True, eq=False)
class LineDone(Refusal):
    """The line is counted and decided, or not there yet."""

    type = "line-done"
    title = words("This line is {state}.", "该盘点行状态为“{state}”。")
    detail = words(
        "Look at the list; make a new one to count again.", "请查看盘点单；如需再次盘点请新建。"
    )
    state: str


@dataclass(kw_only=True, eq=False)
class CountInFuture(Refusal):
    """Nobody has counted what will be."""

    type = "count-in-future"
    status = 422
    title = words("{at} has not come yet.", "{at}尚未到来。")
    detail = words("Enter when it was counted.", "请输入实际盘点时间。")
    at: datetime


@dataclass(kw_only=True, eq=False)
class NothingToCount(Refusal):
    """The list would be empty."""

    type = "nothing-to-count"
    title = words("Nothing is to be counted there.", "该范围内无需盘点。")
    detail = words(
        "Choose another place or class, or count what is not due yet too.",
        "请选择其他库位或类别，或包含未到期的物料。",
    )


def within(*, book: Decimal, counted: Decimal, tolerance_percent: Decimal) -> bool:
    """Whether a difference is within so many per cent of the book quantity."""
    return abs(counted - book) * 100 <= tolerance_percent * abs(book)


def judge(
    *, book: Decimal, counted: Decimal, tolerance_percent: Decimal, recounted: bool
) -> Verdict:
    """What becomes of a count, `book` being what the ledger says as of its time."""
    if within(book=book, counted=counted, tolerance_percent=tolerance_percent):
        return Verdict.BOOK
    return Verdict.WAIT if recounted else Verdict.RECOUNT


def check_counter(*, state: str, person: int | None, counted_by: int | None) -> None:
    """Refuse a count of a line that is done, and a recount by who counted first: LineDone or OwnCount."""
    if state not in ("open", "recount"):
        raise LineDone(state=state)
    if state == "recount" and person is not None and person == counted_by:
        raise OwnCount()


def check_decider(*, state: str, person: int | None, counters: Collection[int | None]) -> None:
    """Refuse a decision on a line that does not wait, or by one of its counters: LineDone or OwnCount."""
    if state != "waiting":
        raise LineDone(state=state)
    if person is not None and person in counters:
        raise OwnCount()
