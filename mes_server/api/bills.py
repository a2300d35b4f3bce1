"""Bills of material: listed, looked at one by one, and edited."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from mes_server.api.access import CallHere, screens_only
from mes_server.api.pages import Limit, mark_next
from mes_server.api.server import ServerHere
from mes_server.contract.bills import BillChange
from mes_server.contract.master_data import KeptBill
from mes_server.contract.shape import CODE
from mes_server.domain.edited import BILL
from mes_server.domain.refusal import NotFound
from mes_server.operations.save_bill import save_bill
from mes_server.storage import bills, stock_effects
from mes_server.storage.bills import BillFilter
from mes_server.storage.versions import version_of

router = APIRouter(prefix="/bills", tags=["master data"], dependencies=[Depends(screens_only)])
CodeQuery = Annotated[str | None, Query(max_length=64)]
ETAG: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "Its version: send it as `If-Match` when you change it",
                "schema": {"type": "string"},
            }
        }
    }
}


@router.get("")
async def get_bills(
    server: ServerHere,
    response: Response,
    item: CodeQuery = None,
    revision: CodeQuery = None,
    component: Annotated[
        str | None,
        Query(max_length=64, description="Where-used: bills with this component or substitute"),
    ] = None,
    in_force: Annotated[
        bool | None, Query(description="Only what an order released today would freeze")
    ] = None,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Limit = 100,
) -> list[KeptBill]:
    """Bills of one item or of all, every revision, with substitutes, co- and by-products."""
    which = BillFilter(
        item=item, revision=revision, component=component, in_force=in_force, after=after
    )
    async with server.pool.connection() as connection:
        day = await stock_effects.plant_date(connection, now=server.clock.now())
        found = await bills.find(connection, which, day=day, limit=limit)
    mark_next(response, found, limit=limit, after=found[-1][0] if found else after)
    return [KeptBill.model_validate(bill) for _, bill in found]


@router.get("/{item:path}/{revision}", responses=ETAG)
async def get_bill(server: ServerHere, response: Response, item: str, revision: str) -> KeptBill:
    """One revision of an item's bill; its version is in `ETag`."""
    async with server.pool.connection() as connection:
        version = await version_of(connection, "bill", f"{item}@{revision}")
        day = await stock_effects.plant_date(connection, now=server.clock.now())
        found = await bills.find_one(connection, item=item, revision=revision, day=day)
    if found is None:
        raise NotFound(what=BILL, name=f"{item}/{revision}")
    response.headers["ETag"] = f'"{version}"'
    return KeptBill.model_validate(found)


@router.put("/{item:path}/{revision}", responses=ETAG)
async def put_bill(
    server: ServerHere,
    response: Response,
    call: CallHere,
    item: Annotated[str, Path(max_length=64, pattern=CODE)],
    revision: Annotated[str, Path(max_length=64, pattern=CODE)],
    body: BillChange,
) -> KeptBill:
    """Make a revision of a bill, or change it whole; orders that are released keep what they froze.

    With `If-Match`, 412 says that somebody else was faster; `"0"` makes sure that it is new.
    """
    bill = body.model_dump(mode="json", exclude={"in_force"})
    answer = await save_bill(server.pool, call, item=item, revision=revision, bill=bill)
    response.headers["ETag"] = f'"{answer["version"]}"'
    return KeptBill.model_validate(answer["bill"])
