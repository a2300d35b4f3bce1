"""Replenishment signals: listed, accepted, picked, delivered, closed, cancelled."""

from typing import Annotated, assert_never

from fastapi import APIRouter, Depends, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.feed import SignalCard, SignalState
from mes_server.contract.stock import SignalStep
from mes_server.domain.replenishment import AskedPick, Step
from mes_server.operations.accept_replenishment import accept_replenishment
from mes_server.operations.cancel_replenishment import cancel_replenishment
from mes_server.operations.close_replenishment import close_replenishment
from mes_server.operations.command import Answer
from mes_server.operations.deliver_replenishment import deliver_replenishment
from mes_server.operations.pick_replenishment import pick_replenishment
from mes_server.storage import feed
from mes_server.storage.replenishment import find_signals

router = APIRouter(
    prefix="/replenishments",
    tags=["replenishment"],
    dependencies=[Depends(screens_only), Depends(wake_readers)],
)


@router.get("")
async def get_replenishments(
    server: ServerHere,
    response: Response,
    state: Annotated[list[SignalState] | None, Query(max_length=6)] = None,
    after: Annotated[int | None, Query(ge=1)] = None,
    limit: Limit = 100,
) -> list[SignalCard]:
    """Signals by state, newest first; `after` is the last number of the page before."""
    async with server.pool.connection() as connection:
        found = await find_signals(connection, states=state, before=after, limit=limit)
        pairs = [(signal, 0) for signal in found]
        cards = await feed.cards(connection, "signal", pairs, now=server.clock.now())
    mark_next(response, found, limit=limit, after=found[-1] if found else after)
    return [SignalCard.model_validate(cards[pair]) for pair in pairs]


@router.post("/{number}/{step}")
async def post_step(
    server: ServerHere, call: CallHere, number: int, step: Step, body: SignalStep
) -> SignalCard:
    """The next step in a signal's life. A pick reserves, a delivery moves."""
    pool = server.pool
    answer: Answer
    match step:
        case Step.ACCEPT:
            answer = await accept_replenishment(pool, call, number=number)
        case Step.PICK:
            answer = await pick_replenishment(pool, call, number=number, picks=_asked(body))
        case Step.DELIVER:
            answer = await deliver_replenishment(pool, call, number=number)
        case Step.CLOSE:
            answer = await close_replenishment(pool, call, number=number)
        case Step.CANCEL:
            answer = await cancel_replenishment(pool, call, number=number, reason=body.reason)
        case _:
            assert_never(step)
    return SignalCard.model_validate(answer)


def _asked(body: SignalStep) -> list[AskedPick]:
    """What a person wants to take, by lot and by place and lot."""
    return [
        *(AskedPick(lot=lot, quantity=quantity) for lot, quantity in body.lots.items()),
        *(
            AskedPick(lot=pick.lot, quantity=pick.quantity, place=pick.location)
            for pick in body.picks
        ),
    ]
