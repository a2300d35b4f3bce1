"""A disk that is really full, or a limit that the kernel sets: the outbox does without, and stores everything afterwards.

Where this user may not mount a file system, both are the limit: something is proved everywhere.
"""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.gateway_rig import until
from tests.faults.small_disk import SmallDisk


@pytest.fixture(params=["its own file system where possible", "a limit on files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SmallDisk]:
    found = SmallDisk(tmp_path / "disk")
    if request.param == "a limit on files":
        found.directory.mkdir()
    else:
        found.mount()
    try:
        yield found
    finally:
        found.unmount()


async def test_a_full_disk_costs_no_piece(disk: SmallDisk, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as said:
        program = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "tests.faults.full_disk_program", str(disk.directory / "outbox.sqlite")),
            stdin=asyncio.subprocess.PIPE,
            stdout=said,
            stderr=said,
        )
    try:
        outbox = disk.directory / "outbox.sqlite-wal"
        await until(lambda: outbox.exists() and outbox.stat().st_size > 100_000, "facts on disk")
        await _full_and_free_again(disk, program.pid, log, 1)
        await _full_and_free_again(disk, program.pid, log, 2)
        assert program.stdin is not None
        program.stdin.write(b"enough\n")
        async with asyncio.timeout(60):
            assert await program.wait() == 0, log.read_text()
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    told = json.loads(log.read_text().splitlines()[-1])
    assert told["held"] == told["given"] > 0
    assert told["facts"] < 2 * told["given"], "measurements went first"


async def _full_and_free_again(disk: SmallDisk, pid: int, log: Path, times: int) -> None:
    def is_felt() -> bool:
        disk.fill(pid)  # what the outbox freed meanwhile is taken again
        return log.read_text().count("disk takes nothing") >= times

    await until(is_felt, "a disk that takes nothing")
    disk.free(pid)
    await until(lambda: log.read_text().count("disk takes facts again") >= times, "space again")
