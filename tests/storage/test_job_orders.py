"""The command log of the machines: nothing in it can be missed, and what is out of date is withdrawn."""

import asyncio
from uuid import UUID

from gateway.contract.codec import decode
from gateway.contract.job_order import CommandPage, RunningOrders
from mes_server.storage import job_commands
from mes_server.storage.database import Connection
from tests.storage.kettle_works import MOULDER, NOON, OPERATOR, PLANNER, KettleWorks
from tests.storage.small_plant import DEADLINE_S, somebody_waits


async def commands(works: KettleWorks, after: int = 0) -> CommandPage:
    """What the gateway is given."""
    answer = await works.http.get(
        "/api/v1/gateway/commands",
        params={"after": after, "wait_s": 0},
        headers={"Authorization": "Bearer for-the-gateway"},
    )
    return decode(answer.content, CommandPage)


async def test_a_job_that_a_newer_one_replaced_is_not_given_to_the_machine(
    works: KettleWorks,
) -> None:
    """Else a machine that was away would be given the newer job first, answered, and then the older one."""
    for number in ("WO-1", "WO-2"):
        await works.new_order(number)
        await works.do(f"work-orders/{number}/release", by=PLANNER)
        works.pass_time(minutes=1)
        await works.do(f"work-orders/{number}/start", by=OPERATOR)
        works.pass_time(minutes=1)
        await works.do(f"work-orders/{number}/complete", by=OPERATOR)
    page = await commands(works)
    assert [command.work_order for command in page.commands] == ["WO-2"]
    told = await works.get("job-orders", equipment=MOULDER)
    assert [(job["order"], job["accepted"], job["reason"]) for job in told] == [
        ("WO-1", False, job_commands.SUPERSEDED),
        ("WO-2", None, ""),
    ]
    assert [job["order"] for job in await works.get("job-orders", order="WO-2")] == ["WO-2"]


async def test_the_gateway_is_told_which_order_runs_where(works: KettleWorks) -> None:
    async def running() -> dict[str, str]:
        answer = await works.http.get(
            "/api/v1/gateway/orders", headers={"Authorization": "Bearer for-the-gateway"}
        )
        return decode(answer.content, RunningOrders).orders

    await works.new_order("WO-1")
    await works.do("work-orders/WO-1/release", by=PLANNER)
    assert await running() == {}
    await works.do("work-orders/WO-1/start", by=OPERATOR)
    assert await running() == {MOULDER: "WO-1"}
    refused = await works.http.get(
        "/api/v1/gateway/orders", headers={"Authorization": "Bearer for-screens"}
    )
    assert refused.status_code in (401, 403)


async def test_a_command_given_at_the_same_moment_cannot_appear_behind_the_gateway(
    works: KettleWorks,
) -> None:
    """The one with the lower position commits first, however long it takes."""
    await works.new_order("WO-1")
    async with works.pool.connection() as slow, works.pool.connection() as fast:
        async with slow.transaction():
            await give(slow, UUID(int=1))
            giving = asyncio.create_task(give_alone(fast, UUID(int=2)))
            await somebody_waits(works.pool)
            assert (await commands(works)).commands == []
        async with asyncio.timeout(DEADLINE_S):
            await giving
    first, second = await positions(works)
    assert first < second


async def give(connection: Connection, command_id: UUID) -> None:
    await job_commands.add(
        connection,
        command_id=command_id,
        agent="edge-moulding",
        equipment_id=await only(connection, "select id from equipment where path like '%IMM1'"),
        operation_id=await only(connection, "select id from work_order_operation"),
        payload={},
        at=NOON,
    )


async def give_alone(connection: Connection, command_id: UUID) -> None:
    async with connection.transaction():
        await give(connection, command_id)


async def only(connection: Connection, query: str) -> int:
    row = await (await connection.execute(query)).fetchone()  # pyright: ignore
    assert row is not None
    return row[0]


async def positions(works: KettleWorks) -> list[int]:
    """Of the two commands, in the order of their ids."""
    async with works.pool.connection() as connection:
        rows = await (
            await connection.execute("select position from job_command order by command_id")
        ).fetchall()
    return [position for (position,) in rows]
