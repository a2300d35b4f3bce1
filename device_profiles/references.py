"""Signals that name other signals: every name must exist and make sense where it stands."""

from collections.abc import Mapping

from device_profiles.profile import CounterKind, DataType, Signal
from device_profiles.strict_yaml import Section, nearest


def check_references(signals: Mapping[str, Signal], sections: Mapping[str, Section]) -> None:
    """Status bits of a scale, its total, overflow flags, sign bits, decimals, and signals that quality asks for."""
    for name, signal in signals.items():
        part = sections[name]
        if signal.counter and signal.counter.overflow:
            known(part.section("counter"), "overflow", signal.counter.overflow, signals)
        if (
            signal.sign
            and known(part, "sign", signal.sign, signals)
            and signals[signal.sign].data_type is not DataType.BOOL
        ):
            part.fault("sign", f"{signal.sign} is no bit", "name a signal with `type: bool`")
        if signal.decimals:
            known(part.section("decimals"), "signal", signal.decimals.signal, signals)
        if signal.quality:
            below = part.section("quality").section("require")
            for other in signal.quality.require:
                known(below, other, other, signals)
        _check_weighing(signal, part, signals)


def known(part: Section, key: str, target: str, signals: Mapping[str, Signal]) -> bool:
    """True when `target` is a signal; else a fault is noted at `key`."""
    if target in signals:
        return True
    part.fault(
        key,
        f"{key} names no signal of this profile: {target!r}",
        f"name one that exists{nearest(target, [*signals])}",
    )
    return False


def _check_weighing(signal: Signal, part: Section, signals: Mapping[str, Signal]) -> None:
    if (weighing := signal.weighing) is None:
        return
    below = part.section("weighing")
    for key in ("total", "moving", "stable", "tare"):
        if target := getattr(weighing, key):
            known(below, key, target, signals)
    for fault_name, _ in below.texts("faults"):
        known(below, "faults", fault_name, signals)
    total = signals.get(weighing.total or "")
    if total is not None and (
        total.counter is None or total.counter.kind is not CounterKind.CUMULATIVE
    ):
        below.fault(
            "total",
            f"{total.name} is not a cumulative counter",
            "give that signal `counter: {kind: cumulative, …}`",
        )
    for name in weighed_with(signal):
        if name in signals and signals[name].sample_ms is not None:
            below.fault(
                "mode",
                f"{name} is sampled at its own interval",
                "remove its sample_ms: a scale is judged by readings of one moment",
            )


def weighed_with(signal: Signal) -> tuple[str, ...]:
    """The signals a scale is judged by, itself first."""
    weighing = signal.weighing
    if weighing is None:
        return ()
    others = (weighing.total, weighing.moving, weighing.stable, weighing.tare, signal.sign)
    point = signal.decimals.signal if signal.decimals else None
    return (signal.name, *(name for name in (*others, point, *weighing.faults) if name))
