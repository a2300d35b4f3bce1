"""`lineside-sim`: the devices of a plant on their real protocols, with a seeded scenario and the ground truth."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from device_profiles.catalog import ProfileFaults, builtin_plant, load_plant
from device_profiles.plant import Plant
from device_profiles.program import (
    Clock,
    Settings,
    SettingsFaults,
    SystemClock,
    configure_logging,
    run_until_stopped,
)
from simulators.control import ControlDesk, Order
from simulators.link import Cable, LinkState
from simulators.plant import Happening, NotPossible, PlantPhysics
from simulators.plant_memory import recall, remember
from simulators.scenario import Scenario, ScenarioFault, read_scenario
from simulators.stand import Stand
from simulators.truth import Truth

TICK_S = 0.02
STEP_S_MAX = 0.1
"""A simulator that was held up lets the plant stand still meanwhile, rather than make pieces in a rush."""
JOBS_EVERY_S = 0.5
TRUTH_FILE = "truth.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Settings of one simulated plant."""

    plant: Plant
    scenario: Scenario
    data: Path
    seed: str
    held: bool
    control_host: str
    control_port: int


def read_config(path: Path | None, environment: Mapping[str, str]) -> Config:
    """Read the settings; raises SettingsFaults with everything that is wrong."""
    settings = Settings.load(path, environment=environment)
    plant_name = settings.text("plant", "kettle-works")
    scenario_name = settings.text("scenario", "kettle-works")
    data = Path(settings.text("data", "var/simulators"))
    seed = settings.text("seed", "1")
    speed = settings.number("speed", 1.0, low=0.1, high=50)
    held = settings.flag("held", False)
    host = settings.text("control.host", "127.0.0.1")
    port = settings.integer("control.port", 4880, low=1, high=65_535)
    plant = scenario = None
    try:
        plant = load_plant(
            Path(plant_name) if plant_name.endswith(".yaml") else builtin_plant(plant_name)
        )
    except ProfileFaults as faults:
        settings.fault("plant", str(faults))
    try:
        scenario = read_scenario(
            scenario_file(scenario_name).read_text(encoding="utf-8"), speed=speed or 1.0
        )
    except (OSError, ScenarioFault) as fault:
        settings.fault("scenario", f"scenario {scenario_name!r}: {fault}")
    settings.finish()
    assert plant is not None
    assert scenario is not None
    return Config(
        plant=plant,
        scenario=scenario,
        data=data,
        seed=seed,
        held=held,
        control_host=host,
        control_port=port,
    )


def scenario_file(name: str) -> Path:
    """A scenario that comes with the product by name, or a path that ends in .yaml."""
    return (
        Path(name)
        if name.endswith(".yaml")
        else Path(__file__).parent / "scenarios" / f"{name}.yaml"
    )


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one simulated plant; exit status 2 when its settings are wrong."""
    parser = argparse.ArgumentParser(prog="lineside-sim", description=__doc__)
    parser.add_argument("--config", type=Path, help="TOML file; see the README for its keys")
    chosen = parser.parse_args(arguments)
    configure_logging(program="lineside-sim")
    try:
        config = read_config(chosen.config, os.environ)
    except SettingsFaults as faults:
        sys.stderr.write(f"{faults}\n")
        return 2

    async def work(stop: asyncio.Event) -> None:
        try:
            await SimulatedPlant(config, SystemClock()).run(stop)
        except OSError as error:
            raise SettingsFaults([f"a device's port cannot be opened: {error}"]) from error

    return run_until_stopped(work)


if __name__ == "__main__":
    sys.exit(main())
