"""What an order used and made, lot by lot, whether it was ready in time, and lots looked up by their code alone."""

from decimal import Decimal

from tests.storage.kettle_works import KettleWorks


async def test_an_order_tells_its_lots_and_whether_it_was_in_time(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R1", "2", "M1-LS")
    works.pass_time(seconds=1)
    await works.receive("PP-RESIN", "R2", "10", "M1-LS")
    await works.run_order("WO-1")
    await works.count(8)
    await works.count(2)

    used, more, made = await works.get("work-orders/WO-1/lots")
    assert [(row["lot"], Decimal(row["consumed"])) for row in (used, more)] == [
        ("R1", 2),
        ("R2", Decimal("0.5")),
    ]
    assert (made["item"], Decimal(made["produced"]), made["consumed"]) == ("BODY", 10, None)
    assert await works.get("work-orders/NOTHING/lots") == []

    balance = await works.get("lots/PP-RESIN/R2/balance")
    assert (Decimal(balance["came"]), Decimal(balance["difference"])) == (10, 0)
    assert {row["kind"]: Decimal(row["quantity"]) for row in balance["accounts"]} == {
        "supplier": -10,
        "line_side": Decimal("9.5"),
        "consumption": Decimal("0.5"),
    }

    report = await works.get("reports/on-time-delivery", days=30)
    assert (report["orders"], report["on_time_percent"], report["rows"]) == (0, None, [])
    await works.do("work-orders/WO-1/complete", {"reason": "enough"})
    report = await works.get("reports/on-time-delivery", days=30)
    assert (report["orders"], report["orders_on_time"], report["orders_in_full"]) == (1, 1, 0)
    assert Decimal(report["on_time_percent"]) == 100
    [row] = report["rows"]
    assert (row["order"], row["on_time"], row["behind"]) == (
        "WO-1",
        True,
        "/api/v1/movements?order=WO-1",
    )


async def test_a_lot_is_found_by_how_its_code_or_the_suppliers_begins(works: KettleWorks) -> None:
    await works.receive("PP-RESIN", "R-10", "2", "M1-LS")
    works.pass_time(seconds=1)
    await works.receive("PP-RESIN", "R-1", "2", "M1-LS")
    works.pass_time(seconds=1)
    await works.receive("PP-RESIN", "R-11", "2", "M1-LS")
    assert [row["lot"] for row in await works.get("lots", code="r-1")] == ["R-1", "R-11", "R-10"]
    assert await works.get("lots", code="%") == []
