"""Postings of the ledger as documents for the ERP system: what each operation made and used, what came, what moved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from mes_server.domain.refusal import plain, words

ERP_DOCUMENT = words("ERP document", "ERP 单据")
PRODUCTION, RECEIPT, INVENTORY = "production", "receipt", "inventory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One row of the ledger, in words."""

    id: int
    kind: str
    item: str
    unit: str
    lot: str
    origin: str
    origin_kind: str
    target: str
    target_kind: str
    quantity: Decimal
    at: datetime
    work_order: str | None
    operation: int | None
    equipment: str | None
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The postings of one document."""

    kind: str
    work_order: str | None
    operation: int | None
    postings: Sequence[Posting]


def parcel(postings: Iterable[Posting]) -> list[Parcel]:
    """One document for each operation, one for what suppliers brought, one for everything else, oldest first."""
    groups: dict[tuple[str, str | None, int | None], list[Posting]] = {}
    for one in postings:
        if one.work_order is not None:
            key = (PRODUCTION, one.work_order, one.operation)
        elif one.origin_kind == "supplier" or one.target_kind == "supplier":
            key = (RECEIPT, None, None)
        else:
            key = (INVENTORY, None, None)
        groups.setdefault(key, []).append(one)
    return [
        Parcel(kind=kind, work_order=order, operation=operation, postings=rows)
        for (kind, order, operation), rows in groups.items()
    ]


def use_of(one: Posting) -> str:
    """What a posting means to the plant."""
    if one.target_kind == "consumption" or one.origin_kind == "consumption":
        return "consumed"
    if one.target_kind == "production" or one.origin_kind == "production":
        return "produced"
    if one.origin_kind == "supplier" or one.target_kind == "supplier":
        return "received"
    if one.origin_kind == "adjustment" or one.target_kind == "adjustment":
        return "adjusted"
    return "moved"


def is_back(one: Posting) -> bool:
    """Whether a posting takes back: material returns from consumption, pieces are un-made, a receipt is reversed."""
    return one.origin_kind == "consumption" or one.target_kind in (
        "production",
        "supplier",
        "adjustment",
    )


def materials(postings: Iterable[Posting]) -> list[dict[str, Any]]:
    """Postings summed by what they mean, item, lot and way; decimals as text."""
    sums: dict[tuple[str, ...], list[Posting]] = {}
    for one in postings:
        key = (use_of(one), one.item, one.lot, one.origin, one.target, one.kind)
        sums.setdefault(key, []).append(one)
    return [
        {
            "use": use,
            "kind": kind,
            "item": item,
            "lot": lot,
            "from_location": origin,
            "to_location": target,
            "quantity": plain(_net(rows)),
            "unit": rows[0].unit,
            "postings": len(rows),
            "since": min(row.at for row in rows).isoformat(),
            "until": max(row.at for row in rows).isoformat(),
        }
        for (use, item, lot, origin, target, kind), rows in sums.items()
    ]


def _net(rows: Sequence[Posting]) -> Decimal:
    """Below zero for what is taken back."""
    return sum((-row.quantity if is_back(row) else row.quantity for row in rows), start=Decimal(0))


def document_of(parcel: Parcel, *, site: str, progress: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of a document: its materials, and for an operation how far it is in all."""
    people = sorted({one.person for one in parcel.postings if one.person})
    equipment = sorted({one.equipment for one in parcel.postings if one.equipment})
    return {
        "site": site,
        "work_order": parcel.work_order,
        "operation": parcel.operation,
        "progress": progress,
        "equipment": equipment,
        "people": people,
        "materials": materials(parcel.postings),
    }
