"""What goes into containers, and which numbers pieces may have."""

from decimal import Decimal

import pytest

from mes_server.domain.container import ContainerStatus, NotLoose, check_loose, status_of
from mes_server.domain.refusal import words
from mes_server.domain.serial import MoreSerialsThanPieces, SerialTaken, check_numbers

PLACE = words("Warehouse", "仓库")


def pack(here: str, packed: str, quantity: str) -> None:
    check_loose(
        item="RESIN", lot="R1", place=PLACE, here=Decimal(here), packed=Decimal(packed),
        quantity=Decimal(quantity),
    )  # fmt: skip


def number(*serials: str, known: tuple[str, ...] = (), here: str = "3", numbered: int = 0) -> None:
    check_numbers(
        item="PUMP", lot="P1", place=PLACE, serials=serials, known=known, here=Decimal(here),
        numbered=numbered,
    )  # fmt: skip


def test_a_container_is_empty_in_use_or_full() -> None:
    assert status_of(content=Decimal(0), sealed=True) is ContainerStatus.EMPTY
    assert status_of(content=Decimal(1), sealed=False) is ContainerStatus.IN_USE
    assert status_of(content=Decimal(1), sealed=True) is ContainerStatus.FULL


def test_only_loose_stock_is_packed() -> None:
    pack("10", "6", "4")
    with pytest.raises(NotLoose) as refused:
        pack("10", "6", "4.5")
    assert refused.value.loose == 4


def test_a_number_is_given_once() -> None:
    number("A", "B")
    for again in (lambda: number("A", known=("A",)), lambda: number("A", "A")):
        with pytest.raises(SerialTaken):
            again()


def test_every_number_stands_for_a_piece_that_is_there() -> None:
    number("C", here="3", numbered=2)
    with pytest.raises(MoreSerialsThanPieces) as refused:
        number("C", "D", here="3", numbered=2)
    assert refused.value.unnumbered == 1
