"""Kanban cards: a loop gets so many of them, and people scan them; an empty card calls."""

from collections.abc import Collection

from mes_server.domain.kanban import CardsInUse, CardState, NotACardLoop, next_card_state
from mes_server.domain.loop_setting import CARD
from mes_server.domain.refusal import NotFound
from mes_server.operations.call_emergency import locked_loop
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.storage import cards, ledger
from mes_server.storage.database import Pool
from mes_server.storage.loops import LockedLoop
from mes_server.storage.touched import Touched

_BUSY = frozenset({CardState.ORDERED, CardState.IN_TRANSIT})
_CALLING = frozenset({"kanban", "two_bin"})
GROWN = "A further card got empty."


async def set_cards(pool: Pool, call: Call, *, item: str, location: str, count: int) -> Answer:
    """Give the loop `count` cards; the last ones go when it had more. Answers {item, location, cards: [codes]}.

    Raises NotFound, NotACardLoop, or CardsInUse while cards that would go are ordered or on their way.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        loop = await locked_loop(connection, item=item, location=location)
        if loop.method not in _CALLING:
            raise NotACardLoop(item=item, location=loop.location_name)
        held = await cards.lock_loop_cards(connection, loop.id)
        idle = sorted(code for code, state in held.items() if state not in _BUSY)
        surplus = len(held) - count
        if surplus > len(idle):
            raise CardsInUse(count=count, busy=len(held) - len(idle))
        gone = idle[len(idle) - surplus :] if surplus > 0 else []
        fresh = _codes(loop, taken=held.keys(), count=max(-surplus, 0))
        await cards.drop_cards(connection, loop.id, gone)
        await cards.add_cards(
            connection, loop.id, fresh, now=transaction.now, person_id=transaction.person_id
        )
        place = (loop.item_id, loop.location_id)
        return Outcome(
            answer={
                "item": item,
                "location": location,
                "cards": sorted(held.keys() - set(gone) | set(fresh)),
            },
            touched=Touched(stock=frozenset({place})),
        )

    given = {"item": item, "location": location, "count": count}
    return await run_command(pool, call, kind="set-cards", given=given, work=work)


async def scan_card(pool: Pool, call: Call, *, card: str, state: CardState | None) -> Answer:
    """Move the card to `state`, or to the next one. An empty card calls, or joins what nobody took on yet.

    Answers {card, state, call, proposal}; raises NotFound or WrongCardStep.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        await ledger.lock(connection, await cards.place_of(connection, card))
        found = await cards.lock_card(connection, card)
        if found is None:
            raise NotFound(what=CARD, name=card)
        after = next_card_state(card=card, state=CardState(found.state), scanned=state)
        await cards.set_card_state(
            connection,
            found.id,
            state=after.value,
            now=transaction.now,
            person_id=transaction.person_id,
        )
        number, proposal = None, None
        if after is CardState.EMPTY:
            proposal = await cards.join_proposal(connection, found)
        if after is CardState.EMPTY and proposal is None:
            number = await cards.join_call(
                connection,
                found,
                reason=GROWN,
                now=transaction.now,
                command_id=transaction.command_id,
            )
        place = frozenset({(found.item_id, found.location_id)})
        signals = frozenset({number}) if number is not None else frozenset[int]()
        return Outcome(
            answer={
                "card": card,
                "state": after.value,
                "call": number,
                "proposal": proposal,
            },
            touched=Touched(stock=place, signals=signals),
            places=place if after is CardState.EMPTY else frozenset(),
        )

    given = {"card": card, "state": state}
    return await run_command(pool, call, kind="scan-card", given=given, work=work)


def _codes(loop: LockedLoop, *, taken: Collection[str], count: int) -> list[str]:
    """`count` codes that the loop does not use yet: K, the loop's number, the card's number."""
    found: list[str] = []
    number = 1
    while len(found) < count:
        code = f"K{loop.id}-{number:03d}"
        if code not in taken:
            found.append(code)
        number += 1
    return found
