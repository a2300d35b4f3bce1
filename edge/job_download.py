"""Job orders written to machines: only in a state that allows it, read back and compared, answered by a fact.

A command that comes again is not written again, but answered again: who asks twice has lost the first answer, as a server
restored from an older backup has.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from device_profiles.plant import Device
from device_profiles.profile import DataType, Signal
from device_profiles.program import Clock
from edge.decoding import RawValue, Undecodable, coerce, unscaled
from edge.driver import Driver, DriverError
from gateway.contract.fact import JobAnswerFact
from gateway.contract.job_order import JobOrderCommand
from gateway.contract.state import EquipmentState

SIGNAL = "job_order"
ANSWERED_REMEMBERED = 1_000
"""Commands whose answers are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A device that may take job orders."""

    device: Device
    driver: Driver
    state: Callable[[], EquipmentState | None]
    """State of its unit now."""


class Refused(Exception):
    """The machine does not take the job; the text is for the operator."""


class JobDownload:
    """Carries each command out once, and answers it whenever it comes."""

    def __init__(
        self,
        machines: Mapping[str, Machine],
        clock: Clock,
        answered: Mapping[str, JobAnswerFact] | None = None,
    ) -> None:
        self._machines = machines
        self._clock = clock
        self._answered = OrderedDict(answered or {})
        """Command -> its answer, oldest first; begins with what earlier runs of the agent answered."""

    async def take(self, command: JobOrderCommand) -> JobAnswerFact | None:
        """The machine's answer, the same as before when it was given before; None when the unit is not ours."""
        served = [m for m in self._machines.values() if m.device.equipment == command.equipment]
        if not served:
            return None
        if (before := self._answered.get(command.command_id)) is not None:
            return before
        able = [machine for machine in served if machine.device.profile.download]
        reason, accepted = "no set-points on this machine", True
        if able:
            try:
                for machine in able:
                    await _download(machine, command)
                reason = ""
            except Refused as refusal:
                reason, accepted = str(refusal), False
        now = self._clock.now()
        answer = JobAnswerFact(
            equipment=command.equipment,
            signal=SIGNAL,
            at=now,
            arrived=now,
            command_id=command.command_id,
            accepted=accepted,
            reason=reason,
        )
        self._answered[command.command_id] = answer
        while len(self._answered) > ANSWERED_REMEMBERED:
            self._answered.popitem(last=False)
        return answer


async def _download(machine: Machine, command: JobOrderCommand) -> None:
    """Write the set-points and compare what reads back; raises Refused."""
    profile = machine.device.profile
    state = machine.state()
    if state is None or state is EquipmentState.UNKNOWN:
        raise Refused("The machine is not heard. Check its connection, then send the job again.")
    if state not in profile.setpoints_allowed:
        allowed = ", ".join(profile.setpoints_allowed)
        raise Refused(f"The machine is {state}. It takes a job when it is {allowed}.")
    values = _values(profile.download, profile.signals, command)
    try:
        found = await machine.driver.write(values)
    except DriverError as error:
        raise Refused(str(error)) from error
    for name, value in values.items():
        if not _same(profile.signals[name], value, found.get(name)):
            raise Refused(
                f"The machine shows {found.get(name)!r} for {name}, but {value!r} was written."
            )


def _values(
    download: Mapping[str, str], signals: Mapping[str, Signal], command: JobOrderCommand
) -> dict[str, RawValue]:
    """Raw values by signal; raises Refused when one does not fit the machine."""
    fields: dict[str, str | float] = {
        "work_order": command.work_order,
        "operation": command.operation,
        "item": command.item,
        "target_quantity": command.target_quantity,
        **command.setpoints,
    }
    values: dict[str, RawValue] = {}
    for field, name in download.items():
        if field not in fields:
            continue
        signal, value = signals[name], fields[field]
        try:
            if signal.data_type is DataType.STRING:
                values[name] = coerce(signal, str(value))
            else:
                values[name] = unscaled(signal, float(value))
                _check_range(field, signal, float(value))
        except (Undecodable, ValueError) as error:
            raise Refused(f"{field} {value!r} does not fit this machine: {error}") from error
    return values


def _check_range(field: str, signal: Signal, value: float) -> None:
    """Raises Refused when the profile says that the machine must not be given this value."""
    rules = signal.quality
    if rules is None:
        return
    if rules.low is not None and value < rules.low:
        raise Refused(f"{field} {value:g} is below {rules.low} {signal.unit}, the least allowed.")
    if rules.high is not None and value > rules.high:
        raise Refused(f"{field} {value:g} is above {rules.high} {signal.unit}, the most allowed.")


def _same(signal: Signal, written: RawValue, found: RawValue | None) -> bool:
    if isinstance(written, float) and isinstance(found, float):
        return math.isclose(
            written, found, rel_tol=1e-6 if signal.data_type is DataType.F32 else 1e-12
        )
    return written == found
