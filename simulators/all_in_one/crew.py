"""The simulated people at work: look at the plant, decide, book through the API like any terminal."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

import structlog

from device_profiles.plant import Plant
from simulators.all_in_one.first_data import Order, send_order
from simulators.all_in_one.office import Office, OfficeAway, OfficeRefused
from simulators.all_in_one.people import PLANNER, Deed, Habits, Memory, decide


class Crew:
    """People of one plant; `run` until it is cancelled."""

    def __init__(
        self,
        office: Office,
        plant: Plant,
        habits: Habits,
        *,
        items: Mapping[str, str],
        rng: random.Random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._office, self._habits, self._rng, self._now = office, habits, rng, now
        self._line_sides = {
            str(path): unit.line_side for path, unit in plant.equipment.items() if unit.line_side
        }
        self._items = items
        self._memory = Memory()
        self.done: Counter[str] = Counter()
        """Verb -> how often it was booked."""
        self.refused: Counter[str] = Counter()
        self._log = structlog.get_logger()

    async def run(self) -> None:
        """Work for ever; a server that is away is waited for."""
        while True:
            try:
                await self.look_once()
            except OfficeAway as away:
                self._log.info("the server is away", reason=str(away))
            await asyncio.sleep(self._habits.look_every_s)

    async def look_once(self) -> None:
        """One look at the plant, and what follows from it."""
        plant = await self._office.plant()
        deeds = decide(
            plant,
            self._line_sides,
            self._habits,
            self._memory,
            rng=self._rng,
            now=self._now(),
        )
        for deed in deeds:
            try:
                await self._do(deed)
            except OfficeRefused as refusal:
                # Somebody else was quicker, or the plant moved on since the look.
                self.refused[_verb(deed)] += 1
                self._log.info("refused", deed=deed.path, reason=str(refusal))

    async def _do(self, deed: Deed) -> None:
        if deed.new_order:
            await self._plan(deed.new_order, str(deed.body["number"]))
        else:
            await self._office.command(deed.path, deed.body, badge=deed.badge, station=deed.station)
        self.done[_verb(deed)] += 1

    async def _plan(self, unit: str, number: str) -> None:
        now = self._now()
        order = Order(
            number=number,
            item=self._items[unit],
            quantity=Decimal(self._habits.order_quantities[unit]),
            equipment=unit,
            due_in_h=self._habits.order_hours,
        )
        await send_order(self._office, order, since=now, badge=PLANNER)


def _verb(deed: Deed) -> str:
    return "plan" if deed.new_order else deed.path.rsplit("/", 1)[-1]
