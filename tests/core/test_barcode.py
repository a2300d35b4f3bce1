"""What scanners send: plain lot codes, and GS1 labels with and without brackets."""

from datetime import date

import pytest

from mes_server.domain.barcode import NoLotOnLabel, Scan, read_scan

GTIN = "04012345678901"


@pytest.mark.parametrize(
    ("text", "scan"),
    [
        ("R-2026/17", Scan(lot="R-2026/17")),
        ("  R1\r\n", Scan(lot="R1")),
        ("PP-RESIN|R1", Scan(lot="R1", item="PP-RESIN")),
        ("0123", Scan(lot="0123")),
        ("01", Scan(lot="01")),
        (
            f"(01){GTIN}(17)261231(10)R1",
            Scan(lot="R1", item=GTIN, expires_on=date(2026, 12, 31)),
        ),
        (f"(01){GTIN}(10)R1", Scan(lot="R1", item=GTIN)),
        ("(10)R1", Scan(lot="R1")),
        (
            f"]C101{GTIN}1726123110R1",
            Scan(lot="R1", item=GTIN, expires_on=date(2026, 12, 31)),
        ),
        (
            f"]d201{GTIN}10R1\x1d17261231",
            Scan(lot="R1", item=GTIN, expires_on=date(2026, 12, 31)),
        ),
        (f"01{GTIN}10R1", Scan(lot="R1", item=GTIN)),
    ],
)
def test_a_label_is_read(text: str, scan: Scan) -> None:
    assert read_scan(text) == scan


@pytest.mark.parametrize("text", [f"(01){GTIN}(17)261231", f"]C101{GTIN}", "PP-RESIN|"])
def test_a_label_without_a_lot_is_refused(text: str) -> None:
    with pytest.raises(NoLotOnLabel):
        read_scan(text)
