"""Master data as one document."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header

from mes_server.api.access import AskingHere, screens_only
from mes_server.api.routings import routing_of
from mes_server.api.server import ServerHere, wake_readers
from mes_server.contract.headers import IDEMPOTENCY_KEY
from mes_server.contract.master_data import Applied, MasterData
from mes_server.operations.apply_master_data import Document, NewPin, apply_master_data

router = APIRouter(
    tags=["master data"], dependencies=[Depends(screens_only), Depends(wake_readers)]
)


@router.put("/master-data")
async def put_master_data(
    server: ServerHere,
    asking: AskingHere,
    body: MasterData,
    key: Annotated[str | None, Header(alias=IDEMPOTENCY_KEY)] = None,
) -> Applied:
    """Bring items, locations, bills, routings, loops and people to this document; sending it again changes nothing.

    A PUT is idempotent by itself: the key is not used.
    """
    del key
    rows = body.model_dump(mode="json")
    given = [(row["badge"], row.pop("pin", None)) for row in rows["people"]]
    pins = [NewPin(badge=badge, pin=pin, salt=server.mint().bytes) for badge, pin in given if pin]
    answer = await apply_master_data(
        server.pool,
        asking,
        Document(
            items=rows["items"],
            locations=rows["locations"],
            bills=rows["bills"],
            loops=[loop.model_dump(mode="json", exclude_unset=True) for loop in body.loops],
            people=rows["people"],
            routings=[routing_of(one) for one in body.routings],
        ),
        plant=server.plant,
        pins=pins,
    )
    return Applied.model_validate(answer)
