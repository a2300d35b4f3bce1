"""Admission: whether a fact is plausible for the signal the plant file knows. Pure and stateless.

A fact that fails is marked quarantined with a reason and travels on: it stays visible and is not booked. The same batch
gets the same verdicts whenever it is sent again. The edge judges each step closely (see the rules of the totalizer);
these limits are wider by `SPAN_SLACK_S`, and catch what an edge with a wrong profile or a wrong clock lets through.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import inf, isfinite
from typing import assert_never

import msgspec

from device_profiles.plant import Device, Plant, SignalBinding
from device_profiles.profile import Counter, Role
from gateway.contract.codec import encode
from gateway.contract.fact import (
    AnyFact,
    Cause,
    CountFact,
    JobAnswerFact,
    MeasurementFact,
    Quality,
    StateFact,
    WeightFact,
)
from gateway.contract.uplink import SourceBatch, Verdict
from gateway.stand_in import NAME_MAX, is_storable_time, quoting, stand_in

FUTURE_MAX = timedelta(minutes=2)
"""Machine time may be so far ahead of the agent's clock."""
SPAN_SLACK_S = 60.0
"""Added to every span, as the edge does: it may begin in machine time and end in agent time, or a clock was set back."""
TOTAL_MAX = 10**12
"""Totals, steps and readings from here on do not fit the database's numeric columns."""
EPOCH_MAX = 2**62
"""Epochs and raw readings from here on are garbage."""
TEXT_MAX = 2_000
"""Characters of a detail or a reason."""

_COUNTING = frozenset({Role.GOOD, Role.SCRAP, Role.PRODUCED})


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRule:
    """What may come from one signal of one unit."""

    role: Role
    agent: str
    device: str
    unit: str
    rate_max_per_s: float = inf
    """In the unit of the fact."""
    burst: float = inf
    lost_after_s: float = 0.0
    """A step that does not say since when began at most so long ago: after a longer silence it would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the plant file says, ready to be looked up."""

    signals: Mapping[tuple[str, str], SignalRule]
    """By equipment path and signal name."""
    equipment: frozenset[str]


def rules_of(plant: Plant) -> Rules:
    """The rules of every signal of a plant."""
    return Rules(
        signals={
            (device.equipment, binding.name): _rule(device, binding)
            for device in plant.devices.values()
            for binding in device.bindings
        },
        equipment=frozenset(plant.equipment),
    )


def judge(batch: SourceBatch, rules: Rules) -> SourceBatch:
    """The batch with its verdicts; a fact that no database could hold is replaced by a stand-in that quotes it."""
    verdicts = list(batch.quarantined)
    judged = {verdict.seq for verdict in verdicts}
    facts = batch.facts
    for index, fact in enumerate(batch.facts):
        seq = batch.first_seq + index
        if seq in judged:
            continue
        if (reason := _unstorable(fact)) is not None:
            facts = [*facts] if facts is batch.facts else facts
            facts[index] = stand_in(fact)
            verdicts.append(Verdict(seq=seq, reason=quoting(reason, encode(fact))))
        elif (reason := _implausible(fact, batch.agent, rules)) is not None:
            verdicts.append(Verdict(seq=seq, reason=reason))
    if not verdicts:
        return batch
    return msgspec.structs.replace(batch, facts=facts, quarantined=verdicts)


def _rule(device: Device, binding: SignalBinding) -> SignalRule:
    signal = device.profile.signals[binding.signal]
    counter, scale = signal.counter, 1.0
    if signal.weighing and signal.weighing.total:
        total = device.profile.signals[signal.weighing.total]
        counter, scale = total.counter, float(abs(total.scale))
    rate, burst = _limits(counter, scale)
    return SignalRule(
        role=binding.role,
        agent=device.agent,
        device=device.id,
        unit=signal.unit,
        rate_max_per_s=rate,
        burst=burst,
        lost_after_s=device.profile.lost_after_s,
    )


def _limits(counter: Counter | None, scale: float) -> tuple[float, float]:
    """Fastest rate and burst in the unit of the fact; a scale without a counter has no limit."""
    if counter is None:
        return inf, inf
    return counter.rate_max_per_s * scale, counter.burst * scale


def _unstorable(fact: AnyFact) -> str | None:
    """Why no database could hold the fact, or None."""
    if (reason := _unstorable_name(fact.equipment) or _unstorable_name(fact.signal)) is not None:
        return reason
    if not (is_storable_time(fact.at) and is_storable_time(fact.arrived)):
        return f"The time {fact.at.isoformat()} cannot be right: check the clock of the device and of its agent."
    match fact:
        case CountFact() | WeightFact():
            return _unstorable_count(fact)
        case MeasurementFact():
            if not isfinite(fact.value):
                return f"The value {fact.value} is not a number: check the sensor."
            return _unstorable_text(fact.unit)
        case StateFact():
            return _unstorable_text(fact.detail)
        case JobAnswerFact():
            return _unstorable_text(fact.reason) or _unstorable_text(fact.command_id)
        case _:
            assert_never(fact)


def _unstorable_count(fact: CountFact | WeightFact) -> str | None:
    if fact.since is not None and not is_storable_time(fact.since):
        return f"The time {fact.since.isoformat()} cannot be right: check the clock of the device and of its agent."
    for name, number in (("total", fact.total), ("step", fact.delta), ("claim", fact.claimed)):
        if (reason := _out_of_range(name, number)) is not None:
            return reason
    if not -EPOCH_MAX < fact.epoch < EPOCH_MAX:
        return f"The totalizer epoch {fact.epoch} is out of range."
    if isinstance(fact, CountFact):
        in_range = -EPOCH_MAX < fact.raw < EPOCH_MAX
        return (
            None
            if in_range
            else f"The raw reading {fact.raw} is out of range: check the data type."
        )
    if fact.level is not None and (reason := _out_of_range("level", fact.level)) is not None:
        return reason
    return _unstorable_text(fact.unit)


def _out_of_range(name: str, number: int | Decimal) -> str | None:
    if isinstance(number, Decimal) and not number.is_finite():
        return f"The {name} {number} is not a number: check the scale."
    if not -TOTAL_MAX < number < TOTAL_MAX:
        return f"The {name} is out of range: check the data type, word order and scaling in the profile."
    return None


def _unstorable_name(name: str) -> str | None:
    if "\x00" in name:
        return "The name of the equipment or signal contains zero characters."
    if len(name) > NAME_MAX:
        return f"The name of the equipment or signal is longer than {NAME_MAX} characters."
    return None


def _unstorable_text(text: str) -> str | None:
    if "\x00" in text:
        return "A text contains zero characters: check the string length in the profile."
    return None if len(text) <= TEXT_MAX else f"A text is longer than {TEXT_MAX} characters."


def _implausible(fact: AnyFact, agent: str, rules: Rules) -> str | None:
    """Why the fact must not be booked, or None."""
    rule = rules.signals.get((fact.equipment, fact.signal))
    if rule is None:
        return _unknown(fact, rules)
    if rule.agent != agent:
        return (
            f"{fact.equipment} {fact.signal} is read by agent {rule.agent}, but this came from {agent}. "
            "Two agents on one counter would count twice: stop one of them or correct the plant file."
        )
    if fact.at - fact.arrived > FUTURE_MAX:
        return (
            f"The machine's time {fact.at.isoformat(timespec='seconds')} lies in the future of its agent's clock "
            f"({fact.arrived.isoformat(timespec='seconds')}): set the clock of the machine or of the agent."
        )
    match fact:
        case CountFact():
            misfit = rule.role not in _COUNTING
            return _misfit("counts", fact, rule) if misfit else _implausible_step(fact, rule)
        case WeightFact():
            if rule.role is not Role.CONSUMED:
                return _misfit("weighings", fact, rule)
            if rule.unit and fact.unit != rule.unit:
                return f"The weighing is in {fact.unit!r}, but the profile says {rule.unit!r}: correct one of them."
            return _implausible_step(fact, rule)
        case StateFact():
            return None if rule.role is Role.STATE else _misfit("states", fact, rule)
        case MeasurementFact():
            fits = rule.role in (Role.PROCESS_VALUE, Role.SETPOINT)
            return (
                None
                if fits and fact.quality is not Quality.QUARANTINED
                else _mismeasured(fact, rule)
            )
        case JobAnswerFact():
            return None
        case _:
            assert_never(fact)


def _unknown(fact: AnyFact, rules: Rules) -> str | None:
    equipment, signal = fact.equipment, fact.signal
    if equipment not in rules.equipment:
        return f"The plant file has no equipment {equipment!r}: add it, or correct the agent's plant file."
    if isinstance(fact, JobAnswerFact):
        return None
    return f"{equipment} has no signal {signal!r} in the plant file: add it, or correct the agent's plant file."


def _misfit(kind: str, fact: AnyFact, rule: SignalRule) -> str:
    return f"{fact.equipment} {fact.signal} sends {kind}, but the plant file says it is {rule.role.value!r}."


def _mismeasured(fact: MeasurementFact, rule: SignalRule) -> str:
    if fact.quality is Quality.QUARANTINED:
        return "The agent does not trust this value."
    return _misfit("measurements", fact, rule)


def _implausible_step(fact: CountFact | WeightFact, rule: SignalRule) -> str | None:
    """The rules of a running total: it never falls, and grows no faster than the device can."""
    unit = rule.unit or "pieces"
    if fact.quality is Quality.QUARANTINED or fact.cause in (Cause.SUSPECT, Cause.AMBIGUOUS):
        return _held_back(fact, unit)
    if fact.delta < 0 or fact.total < 0:
        return f"The count went backwards by {abs(fact.delta)} {unit}; a total never falls."
    if fact.total < fact.delta:
        return f"The step of {fact.delta} {unit} is larger than the whole total of {fact.total} {unit}."
    if fact.cause is Cause.BASELINE and fact.delta:
        return f"A first reading counts nothing, but this one claims {fact.delta} {unit}."
    span_s = rule.lost_after_s
    if fact.since is not None:
        span_s = max((fact.at - fact.since).total_seconds(), 0.0)
    if float(fact.delta) > rule.rate_max_per_s * (span_s + SPAN_SLACK_S) + rule.burst:
        return (
            f"{fact.delta} {unit} in {span_s:g} s is more than the device can make "
            f"({rule.rate_max_per_s:g} {unit}/s, {rule.burst:g} {unit} at once): check the counter, "
            "or raise rate_max_per_s in its profile."
        )
    return None


def _held_back(fact: CountFact | WeightFact, unit: str) -> str:
    match fact.cause:
        case Cause.SUSPECT:
            return f"The reading jumped by {fact.claimed} {unit}, more than the device can make, and stayed there."
        case Cause.AMBIGUOUS:
            return f"The counter either wrapped or was reset ({fact.claimed} {unit} at most); a person must decide."
        case _:
            return f"The agent does not trust this step of {fact.delta} {unit}."
