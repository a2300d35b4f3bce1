"""What a transaction changed, by id: the cards that screens will want anew."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """Ids of changed things; unite them with `|` and give them to `feed.emit`."""

    units: frozenset[int] = field(default_factory=frozenset[int])
    operations: frozenset[int] = field(default_factory=frozenset[int])
    stock: frozenset[tuple[int, int]] = field(default_factory=frozenset[tuple[int, int]])
    """(item, location) pairs."""
    signals: frozenset[int] = field(default_factory=frozenset[int])
    states: frozenset[int] = field(default_factory=frozenset[int])
    """Units whose state changed."""

    def __or__(self, other: "Touched") -> "Touched":
        return Touched(
            units=self.units | other.units,
            operations=self.operations | other.operations,
            stock=self.stock | other.stock,
            signals=self.signals | other.signals,
            states=self.states | other.states,
        )
