"""The verbs of the screens of planners, leaders and managers, and the path of each under /api/v1. Pure.

People type what these carry, so it goes to the server as it was entered: its refusal names the field and what is wrong.
"""

from collections.abc import Mapping
from string import Formatter

MANAGEMENT: Mapping[str, str] = {
    "create_order": "work-orders",
    "change": "work-orders/{order}/change",
    "split": "work-orders/{order}/split",
    "cancel": "work-orders/{order}/cancel",
    "rework_order": "work-orders/{order}/rework-order",
    "attribute": "work-orders/{order}/attribute",
    "resume_webhook": "webhooks/{webhook}/resume",
}
"""`{name}` in a path is taken out of what the browser sends; the rest is the body."""
NAMED: Mapping[str, frozenset[str]] = {
    verb: frozenset(name for _, name, _, _ in Formatter().parse(path) if name)
    for verb, path in MANAGEMENT.items()
}
"""Verb -> the names that its path takes."""
VERSION = "version"
"""Beside the body: which version of the order the screen showed when this was decided."""
