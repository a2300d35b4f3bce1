"""States as icon, word and colour: never colour alone. Pure."""

from typing import Any

from hmi.i18n import Words
from mes_server.contract.feed import OrderState, State

ICONS: dict[State, str] = {
    "running": "play_arrow",
    "setup": "settings",
    "idle": "diamond",
    "starved": "diamond",
    "blocked": "diamond",
    "slow": "contrast",
    "down": "stop",
    "quality_hold": "close",
    "planned_stop": "pause",
    "unknown": "question_mark",
}
ORDER_ICONS: dict[OrderState, str] = {
    "not_allowed_to_start": "lock",
    "allowed_to_start": "radio_button_unchecked",
    "running": "play_arrow",
    "held": "front_hand",
    "suspended": "pause",
    "completed": "check",
    "closed": "inventory_2",
    "aborted": "block",
}
IDLE_LIKE = ("idle", "starved", "blocked")


def state_view(state: State, words: Words) -> dict[str, Any]:
    """Key (for the colour), icon and word."""
    return {
        "key": "idle" if state in IDLE_LIKE else state,
        "name": state,
        "icon": ICONS[state],
        "word": words(f"state.{state}"),
    }


def order_state_view(state: OrderState, words: Words) -> dict[str, Any]:
    """Key, icon and word of an order's state."""
    return {"key": state, "icon": ORDER_ICONS[state], "word": words(f"order_state.{state}")}
