"""Which faults a soak brings about, and when, drawn from a seed. Pure."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

HOUR_S = 3_600.0
AGENTS = ("edge-assembly", "edge-moulding")
PROGRAMS = ("broker", "gateway", "postgres", "server", *AGENTS)
DEVICES = ("imm1", "resin-scale", "asm1", "pck1")
"""Devices whose cable can be faulted; both scales hang on one."""
LINKS = ("edge-broker", "gateway-broker", "gateway-server", "server-postgres")
ALONE = frozenset({"outbox deleted", "server restored"})
"""Kinds that want the plant for themselves: what they may cost is computed, not looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault; `lasts_s` where that means something."""

    kind: str
    target: str
    lasts_s: float = 0.0

    @property
    def words(self) -> str:
        """For the log."""
        lasting = f" for {self.lasts_s:.1f} s" if self.lasts_s else ""
        return f"{self.kind}: {self.target}{lasting}"


def every_fault(rng: random.Random) -> list[Fault]:
    """Each kind on each target once, in an order and with lengths that the seed chooses."""
    device_cut, device_frozen = rng.sample(DEVICES, 2)
    agent = rng.choice(AGENTS)
    faults = [
        *(Fault(kind="kill -9", target=name) for name in PROGRAMS),
        *(
            Fault(kind="link cut", target=name, lasts_s=rng.uniform(0.5, 3))
            for name in (*LINKS, device_cut)
        ),
        *(
            Fault(kind="link frozen", target=name, lasts_s=rng.uniform(3, 6))
            for name in (*LINKS, device_frozen)
        ),
        Fault(
            kind="process frozen",
            target=rng.choice([name for name in PROGRAMS if name != "postgres"]),
            lasts_s=rng.uniform(3, 8),
        ),
        *(
            Fault(kind="half open for ever", target=name)
            for name in LINKS
            if name != "server-postgres"
        ),
        Fault(kind="clock +1 h", target=agent, lasts_s=rng.uniform(2, 4)),
        Fault(kind="clock -1 h", target=agent, lasts_s=rng.uniform(2, 4)),
        Fault(kind="clock +1 h", target="server", lasts_s=rng.uniform(2, 4)),
        Fault(kind="clock -1 h", target="server", lasts_s=rng.uniform(2, 4)),
        Fault(kind="disk full", target=rng.choice(AGENTS), lasts_s=rng.uniform(3, 5)),
        Fault(kind="outbox deleted", target=rng.choice(AGENTS)),
        Fault(kind="server restored", target="server"),
        Fault(kind="new settings", target="edge-assembly"),
        Fault(kind="bad settings", target=rng.choice(AGENTS)),
        Fault(kind="messages repeated", target="broker", lasts_s=rng.uniform(1, 2)),
        Fault(kind="hostile messages", target="gateway"),
    ]
    rng.shuffle(faults)
    return faults


def rounds(rng: random.Random, *, at_once: int) -> Iterator[Sequence[Fault]]:
    """Faults that are at work together, at most `at_once`, for ever; every fault comes before any comes again."""
    while True:
        faults = every_fault(rng)
        together = [fault for fault in faults if fault.kind not in ALONE]
        groups = [together[at : at + at_once] for at in range(0, len(together), at_once)]
        groups += [[fault] for fault in faults if fault.kind in ALONE]
        rng.shuffle(groups)
        yield from groups
