"""The verbs of the warehouse's screens: the path of each under /api/v1, and the contract of its body. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter

from mes_server.contract.cycle_counts import CountDecision, CountEntry, CountScope
from mes_server.contract.materials import PutAwayEntry, ReturnEntry
from mes_server.contract.purchasing import (
    ProposalChange,
    ProposalFirm,
    ProposalRejection,
    PurchaseDelivery,
)
from mes_server.contract.replenishment import CardScan, Emergency
from mes_server.contract.shape import Command
from mes_server.contract.stock import LotHold, Receipt, Transfer


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """`{name}` in the path is taken out of what the browser sends; the rest is the body."""

    path: str
    body: type[Command]


WAREHOUSE: Mapping[str, Verb] = {
    "receive": Verb(path="purchase-orders/{order}/lines/{line}/receive", body=PurchaseDelivery),
    "receive_loose": Verb(path="receipts", body=Receipt),
    "put_away": Verb(path="put-aways", body=PutAwayEntry),
    "transfer": Verb(path="transfers", body=Transfer),
    "give_back": Verb(path="work-orders/{order}/returns", body=ReturnEntry),
    "hold_lot": Verb(path="lots/{of_item}/{of_lot}/hold", body=LotHold),
    "release_lot": Verb(path="lots/{of_item}/{of_lot}/release", body=LotHold),
    "make_count": Verb(path="counts", body=CountScope),
    "count": Verb(path="counts/{list}/entries", body=CountEntry),
    "approve_count": Verb(path="counts/{list}/lines/{line}/approve", body=CountDecision),
    "refuse_count": Verb(path="counts/{list}/lines/{line}/refuse", body=CountDecision),
    "firm": Verb(path="proposals/{proposal}/firm", body=ProposalFirm),
    "change_proposal": Verb(path="proposals/{proposal}/change", body=ProposalChange),
    "reject_proposal": Verb(path="proposals/{proposal}/reject", body=ProposalRejection),
    "card": Verb(path="kanban-cards/{card}/scan", body=CardScan),
    "emergency": Verb(path="replenishment-loops/emergency", body=Emergency),
}
PLACES: Mapping[str, frozenset[str]] = {
    verb: frozenset(name for _, name, _, _ in Formatter().parse(spec.path) if name)
    for verb, spec in WAREHOUSE.items()
}
"""Verb -> the names that its path takes."""
