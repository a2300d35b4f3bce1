"""The physics of a whole plant: machines, hoppers and buffers moved on together by steps of time. Pure.

A scripted or commanded reset of a counter is made so that it can be told from everything else: the machine comes to
rest, holds still for QUIET_S (more than three polls), the register is cleared, and it holds still again. What a real
module loses between the reader's last poll and its reset cannot be known by anyone; the simulated plant avoids it, and
resets no counter while the link to the device is faulted.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from device_profiles.plant import Device, Plant
from simulators.bodies import CountChange, DoseChange, MachineBody, ScaleBody
from simulators.counter import reset_fault
from simulators.machine import Machine, PieceMade, ShotDosed
from simulators.register_image import RawValue
from simulators.scale import Scale
from simulators.scenario import IncidentSpec, Scenario, Script

QUIET_S = 1.0
WANDER_EVERY_S = 1.0
UNHEARD_S = 60.0
"""A reset must be decidable even if nobody polled for so long."""


class NotPossible(Exception):
    """A command the plant refuses; the message says why."""


@dataclass(slots=True, kw_only=True)
class _Reset:
    """A counter on its way to zero."""

    body: MachineBody
    signal: str
    release: bool
    """The machine ran before, and runs again afterwards."""
    left_s: float = QUIET_S
    cleared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something worth a note in the truth: a reset, a fault bit."""

    device: str
    what: str
    detail: str = ""


@dataclass(slots=True, kw_only=True)
class Moved:
    """What one step changed."""

    counts: list[CountChange] = field(default_factory=list[CountChange])
    doses: list[DoseChange] = field(default_factory=list[DoseChange])
    happenings: list[Happening] = field(default_factory=list[Happening])


class PlantPhysics:
    """All devices of a plant that the scenario knows."""

    def __init__(self, plant: Plant, scenario: Scenario, *, seed: str, held: bool) -> None:
        self.buffers = scenario.new_buffers()
        self.machines: dict[str, MachineBody] = {}
        self.scales: dict[str, ScaleBody] = {}
        self._script = Script(scenario.incidents, rng=random.Random(f"{seed}/script"))
        self._resets: list[_Reset] = []
        self._wander_left_s = 0.0
        for device in plant.devices.values():
            self._add(device, scenario, random.Random(f"{seed}/{device.id}"), held)

    def _add(self, device: Device, scenario: Scenario, rng: random.Random, held: bool) -> None:
        if device.id in scenario.machines:
            settings = scenario.machines[device.id]
            machine = Machine(settings.spec, rng=rng, held=held)
            self.machines[device.id] = MachineBody(device, settings, machine, rng=rng)
        elif device.id in scenario.scales:
            weighing = next(s.weighing for s in device.profile.signals.values() if s.weighing)
            spec = replace(scenario.scales[device.id], division_kg=float(weighing.division))
            self.scales[device.id] = ScaleBody(device, Scale(spec, rng=rng))

    def step(self, dt_s: float, *, reset_allowed: Mapping[str, bool]) -> Moved:
        """Let `dt_s` seconds pass. `reset_allowed`: device -> its link is clear."""
        moved = Moved()
        for incident in self._script.step(dt_s) if self.running else []:
            self._strike(incident, moved, reset_allowed)
        self._wander_left_s -= dt_s
        for body in self.machines.values():
            for event in body.machine.step(dt_s, buffers=self.buffers):
                match event:
                    case PieceMade():
                        moved.counts += body.count(event)
                    case ShotDosed(scale=scale, kg=kg):
                        self.scales[scale].scale.dose(kg)
            if self._wander_left_s <= 0:
                body.wander(WANDER_EVERY_S)
        if self._wander_left_s <= 0:
            self._wander_left_s = WANDER_EVERY_S
        for body in self.scales.values():
            if body.scale.step(dt_s):
                moved.doses.append(body.change())
        self._resets = [reset for reset in self._resets if not self._advance(reset, dt_s, moved)]
        return moved

    @property
    def running(self) -> bool:
        """Some machine is not held."""
        return any(not body.machine.holding for body in self.machines.values())

    @property
    def settled(self) -> bool:
        """All machines are at rest, all scales still, no reset is under way."""
        machines = all(body.machine.at_rest for body in self.machines.values())
        return (
            machines
            and all(body.scale.settled for body in self.scales.values())
            and not self._resets
        )

    def values(self) -> dict[str, dict[str, RawValue]]:
        """What every device shows now."""
        return {
            device: body.values() for device, body in [*self.machines.items(), *self.scales.items()]
        }

    def hold(self, device: str) -> None:
        """Turn a machine's key to hold; a reset that is under way does not release it again."""
        body = self.machine(device)
        body.machine.hold()
        for reset in self._resets:
            if reset.body is body:
                reset.release = False

    def release(self, device: str) -> None:
        """Turn a machine's key to run; while its counter is being reset, it runs when that is over."""
        body = self.machine(device)
        resetting = [reset for reset in self._resets if reset.body is body]
        for reset in resetting:
            reset.release = True
        if not resetting:
            body.machine.release()

    def keeps_held(self, device: str) -> bool:
        """Whether the machine stays held, once a reset that is under way is over."""
        body = self.machine(device)
        passing = any(reset.body is body and reset.release for reset in self._resets)
        return body.machine.holding and not passing

    def reset(self, device: str, signal: str) -> None:
        """Begin to reset a counter; raises NotPossible when it could not be told from something else."""
        body = self.machine(device)
        counter, profile = body.counters.get(signal), body.device.profile.signals.get(signal)
        if counter is None or profile is None or profile.counter is None:
            raise NotPossible(
                f"{device} has no counter {signal!r}; it has {', '.join(body.counters)}"
            )
        fault = reset_fault(
            counter.raw, profile.counter, modulus=counter.modulus, unheard_s=UNHEARD_S
        )
        if fault:
            raise NotPossible(f"{device} {signal} is not reset: {fault}")
        if any(reset.body is body for reset in self._resets):
            raise NotPossible(f"{device} is being reset already")
        self._resets.append(_Reset(body=body, signal=signal, release=not body.machine.holding))
        body.machine.hold()

    def machine(self, device: str) -> MachineBody:
        """A machine by device id; raises NotPossible for any other."""
        if device not in self.machines:
            raise NotPossible(
                f"there is no machine {device!r}; there are {', '.join(self.machines)}"
            )
        return self.machines[device]

    def _strike(
        self, incident: IncidentSpec, moved: Moved, reset_allowed: Mapping[str, bool]
    ) -> None:
        detail = ""
        if incident.kind == "scale_fault":
            self.scales[incident.device].scale.fail(incident.fault, incident.lasts_s)
            detail = f"{incident.fault} for {incident.lasts_s:g} s"
        elif reset_allowed.get(incident.device, False):
            try:
                self.reset(incident.device, incident.signal)
            except NotPossible as refusal:
                detail = str(refusal)
        else:
            detail = "left out: the link is faulted"
        moved.happenings.append(
            Happening(device=incident.device, what=incident.kind, detail=detail)
        )

    def _advance(self, reset: _Reset, dt_s: float, moved: Moved) -> bool:
        """Move a reset on; true when it is over."""
        machine = reset.body.machine
        if not machine.at_rest:
            return False
        reset.left_s -= dt_s
        if reset.left_s > 0:
            return False
        if reset.cleared:
            if reset.release:
                machine.release()
            return True
        counter = reset.body.counters[reset.signal]
        moved.happenings.append(
            Happening(
                device=reset.body.device.id,
                what="counter_reset",
                detail=f"{reset.signal} {counter.raw} -> 0",
            )
        )
        counter.clear()
        moved.counts.append(reset.body.change(reset.signal))
        reset.cleared, reset.left_s = True, QUIET_S
        return False
