"""`lineside-edge replay`: a recorded trace through the same pure code as live readings, to the same facts. No I/O, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from device_profiles.plant import Plant
from edge.bench.trace import Entry, Header, TraceFault
from edge.device_tracker import DeviceTracker
from edge.tracker import Output
from gateway.contract.fact import AnyFact

TICK_S = 0.1
"""Time passes in such steps between two entries, as in the agent."""
EPOCH = 1
BOOT = "replay"


def replay(plant: Plant, header: Header, entries: Iterable[Entry]) -> Iterator[AnyFact]:
    """The facts that follow from a trace; raises TraceFault for a device that the plant does not have."""
    if header.site != plant.site:
        raise TraceFault(f"the trace is of site {header.site!r}, the plant file of {plant.site!r}")
    trackers: dict[str, DeviceTracker] = {}
    monotonic_s, now = header.monotonic_s, header.started
    for entry in entries:
        tracker = trackers.get(entry.device)
        if tracker is None:
            tracker = _tracker(plant, entry.device, header)
            trackers[entry.device] = tracker
        while entry.monotonic_s - monotonic_s > TICK_S:
            monotonic_s += TICK_S
            now += timedelta(seconds=TICK_S)
            yield from _passed(trackers, now, monotonic_s)
        monotonic_s, now = max(monotonic_s, entry.monotonic_s), max(now, entry.arrived)
        out = Output()
        tracker.take(entry.batch(), out)
        yield from out.facts
        yield from _passed(trackers, now, monotonic_s)


def _passed(
    trackers: Mapping[str, DeviceTracker], now: datetime, monotonic_s: float
) -> Iterator[AnyFact]:
    out = Output()
    for tracker in trackers.values():
        tracker.tick(now, monotonic_s, out)
    yield from out.facts


def _tracker(plant: Plant, name: str, header: Header) -> DeviceTracker:
    device = plant.devices.get(name)
    if device is None:
        known = ", ".join(plant.devices) or "none"
        raise TraceFault(f"the plant file has no device {name!r}; devices: {known}")
    return DeviceTracker(
        device,
        {},
        boot=BOOT,
        epoch=EPOCH,
        started=header.started,
        monotonic_s=header.monotonic_s,
    )
