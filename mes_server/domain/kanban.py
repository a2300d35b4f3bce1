"""A kanban card's life: full, in use, empty, ordered, in transit, full again; people move it by scanning."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from mes_server.domain.refusal import Refusal, Words, words


class CardState(StrEnum):
    """What the container behind a card is."""

    FULL = "full"
    IN_USE = "in_use"
    EMPTY = "empty"
    ORDERED = "ordered"
    IN_TRANSIT = "in_transit"


CARD_STATE_WORDS: Mapping[CardState, Words] = {
    CardState.FULL: words("full", "满"),
    CardState.IN_USE: words("in use", "使用中"),
    CardState.EMPTY: words("empty", "空"),
    CardState.ORDERED: words("ordered", "已叫料"),
    CardState.IN_TRANSIT: words("on its way", "运送中"),
}


@dataclass(kw_only=True, eq=False)
class WrongCardStep(Refusal):
    """The card's state forbids it."""

    type = "wrong-card-step"
    title = words(
        "Card {card} is {state}; it cannot become {wanted} now.",
        "看板卡{card}当前为{state}，不能变为{wanted}。",
    )
    detail = words(
        "A full card is taken into use, then empty; an empty one is ordered by itself. Look at the loop's call.",
        "满卡先使用再清空；空卡会自动叫料。请查看该补料单。",
    )
    card: str
    state: Words
    wanted: Words


@dataclass(kw_only=True, eq=False)
class CardsInUse(Refusal):
    """Cards cannot be taken out while they stand for something that is on its way."""

    type = "cards-in-use"
    title = words(
        "{count} cards cannot be left: {busy} are ordered or on their way.",
        "无法减至{count}张：有{busy}张已叫料或运送中。",
    )
    detail = words("Wait until they have arrived, then take them out.", "请等待到货后再减少。")
    count: int
    busy: int


@dataclass(kw_only=True, eq=False)
class NotACardLoop(Refusal):
    """The loop's method knows no cards."""

    type = "not-a-card-loop"
    status = 422
    title = words(
        "{item} at {location} is not replenished by cards.", "{location}的{item}不采用看板卡补料。"
    )
    detail = words(
        "Set the loop's method to kanban or two-bin first.", "请先将补料方式设为看板或双箱。"
    )
    item: str
    location: Words


def next_card_state(*, card: str, state: CardState, scanned: CardState | None) -> CardState:
    """The state after a scan: the one asked for, or the next a person can give (full -> in use -> empty).

    Ordered and in transit follow from the loop's call and are not scanned; a full container may be called empty at
    once. Raises WrongCardStep.
    """
    match state:
        case CardState.FULL:
            allowed = (CardState.IN_USE, CardState.EMPTY)
        case CardState.IN_USE:
            allowed = (CardState.EMPTY, CardState.FULL)
        case CardState.EMPTY:
            allowed = (CardState.FULL,)
        case CardState.ORDERED | CardState.IN_TRANSIT:
            allowed = ()
        case _:
            assert_never(state)
    wanted = scanned or (allowed[0] if allowed else state)
    if wanted not in allowed or (scanned is None and state is CardState.EMPTY):
        raise WrongCardStep(
            card=card, state=CARD_STATE_WORDS[state], wanted=CARD_STATE_WORDS[wanted]
        )
    return wanted
