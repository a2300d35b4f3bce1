"""One simulated plant in motion: physics, devices, truth and control desk, moved on by one loop."""

import asyncio
from collections.abc import Mapping

import structlog

from device_profiles.program import Clock
from simulators.control import ControlDesk, Order
from simulators.link import Cable, LinkState
from simulators.plant import Happening, NotPossible, PlantPhysics
from simulators.plant_memory import recall, remember
from simulators.settings import Config
from simulators.stand import Stand
from simulators.truth import TRUTH_FILE, Truth

TICK_S = 0.02
STEP_S_MAX = 0.1
"""A simulator that was held up lets the plant stand still meanwhile, rather than make pieces in a rush."""
JOBS_EVERY_S = 0.5


class SimulatedPlant:
    """Physics, devices, truth and control desk of one plant, moved on by one loop."""

    def __init__(self, config: Config, clock: Clock) -> None:
        config.data.mkdir(parents=True, exist_ok=True)
        self._clock = clock
        self._truth = Truth(config.data / TRUTH_FILE)
        physics = PlantPhysics(config.plant, config.scenario, seed=config.seed, held=config.held)
        memory, starts = self._truth.begin(remember(physics))
        if starts > 1:
            physics = PlantPhysics(
                config.plant, config.scenario, seed=f"{config.seed}/{starts}", held=config.held
            )
            recall(physics, memory)
        self._physics = physics
        self._stand = Stand([*config.plant.devices.values()], now=clock.now)
        self._desk = ControlDesk(
            host=config.control_host, port=config.control_port, answer=self._answer
        )
        self._log = structlog.get_logger()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; raises OSError when a port is taken."""
        try:
            await self._stand.start()
            await self._stand.show(self._physics.values())
            await self._desk.start()
            self._log.info("plant is up", devices=sorted(self._stand.cables))
            await self._loop(stop)
        finally:
            await self._desk.stop()
            await self._stand.stop()
            self._truth.close()

    async def _loop(self, stop: asyncio.Event) -> None:
        last = jobs_read = self._clock.monotonic()
        while not stop.is_set():
            await self._clock.sleep(TICK_S)
            now = self._clock.monotonic()
            await self._tick(min(now - last, STEP_S_MAX))
            last = now
            if now - jobs_read >= JOBS_EVERY_S:
                jobs_read = now
                for device, job in (await self._stand.jobs()).items():
                    self._physics.machine(device).machine.take_job(job)

    async def _tick(self, dt_s: float) -> None:
        """One step of physics: the truth is on disk before a device shows it."""
        clear = {
            device: cable.state is LinkState.CLEAR for device, cable in self._stand.cables.items()
        }
        moved = self._physics.step(dt_s, reset_allowed=clear)
        if moved.counts or moved.doses or moved.happenings:
            self._truth.append(
                at=self._clock.now().timestamp(),
                counts=moved.counts,
                doses=moved.doses,
                happenings=moved.happenings,
                memory=remember(self._physics),
            )
        await self._stand.show(self._physics.values())

    async def _answer(self, order: Order) -> Mapping[str, object]:
        """Carry out one order of the control desk; raises NotPossible."""
        if order.do != "status":
            self._log.info("control desk", order=order.do, device=order.device)
        machines = [order.device] if order.device else [*self._physics.machines]
        match order.do:
            case "status":
                return self._status()
            case "hold" | "drain":
                for device in machines:
                    self._physics.hold(device)
                self._note(machines, "hold")
            case "release":
                for device in machines:
                    self._physics.release(device)
                self._note(machines, "release")
            case "reset":
                if self._cable(order.device).state is not LinkState.CLEAR:
                    raise NotPossible(
                        f"{order.device} is not reset while its link is {self._cable(order.device).state}"
                    )
                self._physics.reset(order.device, order.signal)
            case "cut":
                await self._cable(order.device).cut()
            case "freeze":
                await self._cable(order.device).freeze()
            case "restore":
                await self._cable(order.device).restore()
        return {}

    def _note(self, devices: list[str], what: str) -> None:
        """Keep a turn of the key: a simulator that starts again leaves it as it was."""
        self._truth.append(
            at=self._clock.now().timestamp(),
            counts=[],
            doses=[],
            happenings=[Happening(device=device, what=what) for device in devices],
            memory=remember(self._physics),
        )

    def _cable(self, device: str) -> Cable:
        if device not in self._stand.cables:
            raise NotPossible(
                f"there is no device {device!r}; there are {', '.join(self._stand.cables)}"
            )
        return self._stand.cables[device]

    def _status(self) -> dict[str, object]:
        machines = {
            device: {
                "state": body.machine.state.value,
                "held": body.machine.holding,
                "at_rest": body.machine.at_rest,
                "raw": {name: counter.raw for name, counter in body.counters.items()},
                "total": {name: counter.total for name, counter in body.counters.items()},
            }
            for device, body in self._physics.machines.items()
        }
        scales = {
            device: {
                "level_kg": round(body.scale.level_kg, 3),
                "dosed_kg": round(body.scale.dosed_kg, 6),
            }
            for device, body in self._physics.scales.items()
        }
        links = {device: cable.state.value for device, cable in self._stand.cables.items()}
        return {
            "settled": self._physics.settled,
            "machines": machines,
            "scales": scales,
            "links": links,
        }
