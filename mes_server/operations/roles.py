"""Who may do what: one table. An administrator may do everything."""

from collections.abc import Mapping

_SHOP_FLOOR = frozenset({"operator", "leader"})
_WAREHOUSE = frozenset({"warehouse", "leader"})
_PLANNING = frozenset({"planner", "leader", "manager"})
_QUALITY = frozenset({"quality", "leader"})
_MASTER_DATA = frozenset({"planner", "engineer"})
_INTEGRATION = frozenset({"engineer"})

ROLES: Mapping[str, frozenset[str]] = {
    "create-work-order": _PLANNING,
    "release": _PLANNING,
    "choose-unit": _PLANNING,
    "report-production": _SHOP_FLOOR,
    "change-work-order": _PLANNING,
    "split-work-order": _PLANNING,
    "cancel-work-order": _PLANNING,
    "create-rework-order": _PLANNING | _QUALITY,
    "start": _SHOP_FLOOR,
    "pause": _SHOP_FLOOR,
    "resume": _SHOP_FLOOR,
    "complete": _SHOP_FLOOR,
    "hold": _SHOP_FLOOR | _QUALITY,
    "attribute-counts": frozenset({"leader"}),
    "close": _PLANNING,
    "abort": _PLANNING,
    "report-scrap": _SHOP_FLOOR | _QUALITY,
    "reverse-scrap-report": _SHOP_FLOOR | _QUALITY,
    "mount-lot": _SHOP_FLOOR | _WAREHOUSE,
    "unmount-lot": _SHOP_FLOOR | _WAREHOUSE,
    "receive-lot": _WAREHOUSE,
    "transfer-stock": _WAREHOUSE,
    "save-location": frozenset({"engineer", "manager", "leader"}),
    "send-stock": _WAREHOUSE,
    "receive-shipment": _WAREHOUSE,
    "reserve-stock": _PLANNING | _WAREHOUSE,
    "release-reservation": _PLANNING | _WAREHOUSE,
    "issue-stock": _SHOP_FLOOR | _WAREHOUSE,
    "return-stock": _SHOP_FLOOR | _WAREHOUSE,
    "put-away": _WAREHOUSE,
    "adjust-stock": _WAREHOUSE,
    "decide-adjustment": frozenset({"leader", "manager"}),
    "reverse-movement": _WAREHOUSE,
    "hold-lot": _QUALITY,
    "release-lot": _QUALITY,
    "accept-replenishment": _WAREHOUSE,
    "pick-replenishment": _WAREHOUSE,
    "deliver-replenishment": _WAREHOUSE,
    "close-replenishment": _WAREHOUSE,
    "cancel-replenishment": _WAREHOUSE,
    "set-loop": _PLANNING | _WAREHOUSE,
    "call-emergency": _SHOP_FLOOR | _WAREHOUSE | _PLANNING,
    "set-cards": _PLANNING | _WAREHOUSE,
    "scan-card": _SHOP_FLOOR | _WAREHOUSE,
    "save-supplier": _PLANNING,
    "create-purchase": _PLANNING,
    "confirm-purchase": _PLANNING,
    "close-purchase": _PLANNING,
    "cancel-purchase": _PLANNING,
    "receive-purchase": _WAREHOUSE,
    "firm-proposal": _PLANNING,
    "change-proposal": _PLANNING,
    "reject-proposal": _PLANNING,
    "apply-master-data": frozenset({"admin"}),
    "bring-import": _MASTER_DATA,
    "map-import": _MASTER_DATA,
    "check-import": _MASTER_DATA,
    "commit-import": _MASTER_DATA,
    "undo-import": _MASTER_DATA,
    "add-webhook": _INTEGRATION,
    "change-webhook": _INTEGRATION,
    "remove-webhook": _INTEGRATION,
    "resume-webhook": _INTEGRATION,
    "try-webhook": _INTEGRATION,
    "read-webhooks": _INTEGRATION,
    "acknowledge-erp": _INTEGRATION,
    "edit-master-data": _MASTER_DATA,
    "save-person": frozenset({"admin"}),
    "set-pin": frozenset({"admin"}),
    "create-token": frozenset({"admin"}),
    "revoke-token": frozenset({"admin"}),
    "read-imports": frozenset({"planner", "engineer", "manager"}),
    "read-people": frozenset({"manager"}),
    "read-tokens": frozenset({"admin"}),
    "read-audit": frozenset({"manager"}),
}
"""Kind of command -> roles, one of which the person must have."""
ADMIN = "admin"
PROGRAMS: Mapping[str, frozenset[str]] = {
    "erp": frozenset({"create-work-order", "release", "receive-lot", "apply-master-data", "acknowledge-erp"}),
}
"""Scope of a token -> kinds of command that it may send without a person."""
