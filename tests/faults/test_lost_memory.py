"""A hop may lose its memory: the edge its outbox, the server its newest days."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from tests.faults.books import check_books
from tests.faults.fault_rig import Wire, running_wire

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

RESIN, MASTERBATCH = Decimal("30.5"), Decimal("2.25")


@asynccontextmanager
async def small_wire(directory: Path, database_url: str) -> AsyncIterator[Wire]:
    weighed = {"resin": RESIN, "masterbatch": MASTERBATCH}
    async with running_wire(
        directory, database_url, seed=7, good=900, scrap=40, weighed=weighed, facts_per_s=2000
    ) as wire:
        yield wire


@contextmanager
def copied(database_url: str) -> Iterator[Callable[[], None]]:
    """Copy the database as it is now; the function given puts the copy in its place. Nobody may be connected."""
    parts = urlsplit(database_url)
    name, copy = parts.path.strip("/"), f"{parts.path.strip('/')}_copy"
    server = urlunsplit(parts._replace(path="/postgres"))
    create, drop = (
        sql.SQL("create database {} template {}"),
        sql.SQL("drop database {} with (force)"),
    )

    def restore() -> None:
        admin.execute(drop.format(sql.Identifier(name)))
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(copy)))

    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(create.format(sql.Identifier(copy), sql.Identifier(name)))
        try:
            yield restore
        finally:
            admin.execute(drop.format(sql.Identifier(copy)))


async def test_a_new_outbox_begins_a_new_epoch_and_doubles_nothing(
    tmp_path: Path, database_url: str
) -> None:
    async with small_wire(tmp_path, database_url) as wire:
        await wire.drained()
        wire.edge.kill()
        for part in wire.outbox.parent.iterdir():
            part.unlink()
        wire.want(good=500, scrap=20)
        wire.edge.start()
        await wire.drained()
        check_books(wire, good=1_400, scrap=60, resin=RESIN * 2, masterbatch=MASTERBATCH * 2)
        assert wire.value("select count(*) from source") == 2


@pytest.mark.parametrize(("good", "pieces_max"), [(1_620, 200), (2_700, 3)])
async def test_an_outbox_restored_from_an_older_copy_goes_on_and_doubles_nothing(
    tmp_path: Path, database_url: str, good: int, pieces_max: int
) -> None:
    """It counts again what it had counted, in fewer or more sequences, which the server knows as other facts."""
    async with small_wire(tmp_path, database_url) as wire:
        await wire.drained()
        wire.edge.kill()
        shutil.copytree(wire.outbox.parent, tmp_path / "copy")
        wire.want(good=1_500)
        wire.edge.start()
        await wire.drained()
        wire.edge.kill()
        shutil.rmtree(wire.outbox.parent)
        shutil.copytree(tmp_path / "copy", wire.outbox.parent)
        wire.want(good=good, pieces_max=pieces_max)
        wire.edge.start()
        await wire.drained()
        check_books(
            wire,
            good=good,
            scrap=40,
            resin=RESIN,
            masterbatch=MASTERBATCH,
            gaps=True,
            counted_again=True,
        )
        assert wire.value("select count(*) from source_gap") == 0


async def test_a_server_restored_from_a_backup_books_what_lay_between_from_the_totals(
    tmp_path: Path, database_url: str
) -> None:
    async with small_wire(tmp_path, database_url) as wire:
        await wire.drained()
        wire.server.kill()
        with copied(database_url) as restore:
            await wire.start_server()
            wire.edge.kill()
            wire.want(good=1_500, weighed={"resin": RESIN * 2, "masterbatch": MASTERBATCH})
            wire.edge.start()
            await wire.drained()
            wire.server.kill()
            restore()
        await wire.start_server()
        wire.edge.kill()
        wire.want(good=2_000, scrap=90, weighed={"resin": RESIN * 3, "masterbatch": MASTERBATCH})
        wire.edge.start()
        await wire.drained()
        check_books(wire, good=2_000, scrap=90, resin=RESIN * 3, masterbatch=MASTERBATCH, gaps=True)
        assert wire.value("select count(*) from source_gap") == 1
        assert wire.value("select min(booked - told) > 0 from total_gap")
