"""The feed's order is that of transactions, also where their numbers get one more digit."""

from mes_server.storage import feed
from tests.storage.kettle_works import KettleWorks


async def test_transaction_1000_comes_after_transaction_999(works: KettleWorks) -> None:
    async with works.pool.connection() as connection:
        await connection.execute("delete from feed_event")
        units = await (
            await connection.execute("select id from equipment where level = 'unit' order by id")
        ).fetchall()
        for xid, (unit,) in zip((98, 99, 100), units, strict=False):
            await connection.execute(
                "insert into feed_event (xid, topic, ref, at) values (%s::text::xid8, 'unit', %s, %s)",
                (str(xid), unit, works.clock.at),
            )
        assert await feed.is_kept(connection, "98-99999")
        assert not await feed.is_kept(connection, "97-0")
        rows = await feed.read(connection, "0-0", limit=2, now=works.clock.at)
        assert [row.position.split("-")[0] for row in rows] == ["98", "99"]
        rows = await feed.read(connection, rows[-1].position, limit=2, now=works.clock.at)
        assert [row.position.split("-")[0] for row in rows] == ["100"]
