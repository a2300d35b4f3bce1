"""The demo: everything started, machines released, people at work, and a console that says where to look."""

import asyncio
import json
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from device_profiles.catalog import load_plant
from simulators.all_in_one import first_data
from simulators.all_in_one.crew import Crew
from simulators.all_in_one.office import Office
from simulators.all_in_one.people import DEMO
from simulators.all_in_one.programs import HOST
from simulators.all_in_one.warehouse_data import send_warehouse
from simulators.all_in_one.whole_plant import WholePlant
from simulators.control import Order, ask

ITEMS = {
    "kettle-works/moulding/M1/IMM1": "KETTLE-BODY",
    "kettle-works/assembly/A1/ASM1": "KETTLE",
    "kettle-works/packing/P1/PCK1": "KETTLE-CTN10",
}
"""What each unit of the demo plant makes."""
Tell = Callable[[str], None]


async def run_demo(plant: WholePlant, stop: asyncio.Event, *, people: bool, tell: Tell) -> int:
    """Run until `stop`, or until a program cannot be kept running; exit status."""
    tell(f"Starting the kettle works in {plant.data.path}")
    try:
        if not await _unless_stopped(_open(plant, tell), stop):
            return 0
        _welcome(plant, people, tell)
        return await _live(plant, stop, people=people, tell=tell)
    finally:
        tell("\nStopping everything")
        for name in await plant.stop():
            tell(f"  {name} did not end in time and was killed")
        tell("Stopped. `make demo` goes on where this ended; `make demo-reset` starts over.")


async def _unless_stopped(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Do `work` unless `stop` comes first; whether it was done. Raises what `work` raises."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        return False
    await working
    return True


async def _open(plant: WholePlant, tell: Tell) -> None:
    """Start the programs, send the first data once, switch the machines on."""
    await plant.start()
    sent = plant.data.path / "first-data.json"
    note: dict[str, str] = json.loads(sent.read_text()) if sent.exists() else {}
    if "sent" not in note:
        # The base time is kept first, so that a second try sends the very same commands.
        note.setdefault("since", datetime.now(UTC).isoformat())
        sent.write_text(json.dumps(note), encoding="utf-8")
        office = Office(url=plant.layout.api_url, token=plant.layout.tokens["LINESIDE_ADMIN_TOKEN"])
        try:
            since = datetime.fromisoformat(note["since"])
            await first_data.send(office, first_data.demo_data(), since=since)
            await send_warehouse(office, since=since)
        finally:
            await office.close()
        sent.write_text(json.dumps({**note, "sent": "yes"}), encoding="utf-8")
        tell("  first data     sent: items, bills of materials, stock, orders, badges")
    await ask(HOST, plant.layout.ports.control, Order(do="release"))


async def _live(plant: WholePlant, stop: asyncio.Event, *, people: bool, tell: Tell) -> int:
    office = Office(url=plant.layout.api_url, token=plant.layout.tokens["LINESIDE_HMI_TOKEN"])
    crew = Crew(
        office,
        load_plant(plant.layout.plant),
        DEMO,
        items=ITEMS,
        rng=random.Random(plant.wishes.seed),
    )
    tasks: list[asyncio.Future[Any]] = [asyncio.create_task(stop.wait()), plant.supervisor.failed]
    if people:
        tasks.append(asyncio.create_task(crew.run()))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if plant.supervisor.failed.done():
            tell(f"\n{plant.supervisor.failed.result()}")
            return 1
        if people and not stop.is_set():
            tasks[-1].result()
        return 0
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await office.close()


def _welcome(plant: WholePlant, people: bool, tell: Tell) -> None:
    layout = plant.layout
    tell("")
    tell(f"  Screens   {layout.hmi_url}")
    tell(f"  API       {layout.api_url}/docs")
    tell("")
    tell("  Badges    (scan or type at a terminal)")
    for member in first_data.demo_data().master_data["people"]:
        if not str(member["name"]).startswith("Simulated"):
            roles = member["roles"]
            shown = ", ".join(roles) if isinstance(roles, list) else str(roles)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
            tell(f"            {member['badge']}  {member['name']:<16} {shown}")
    tell("")
    if people:
        tell("  Simulated people start and complete orders and deliver material, slowly;")
        tell("  run with --no-people to do everything yourself.")
    tell(f"  Logs      {plant.data.logs}")
    tell("  Ctrl-C stops everything.")
