"""State changes are debounced and backdated; silence is unknown, not stopped."""

from datetime import UTC, datetime, timedelta

from edge.states import Candidate, StateChange, StateMap, StateMemory, confirm, lose, observe
from gateway.contract.state import EquipmentState

START = datetime(2026, 11, 22, 8, tzinfo=UTC)
MAP = StateMap(
    states={"6": EquipmentState.RUNNING, "11": EquipmentState.DOWN},
    names={"6": "Execute", "11": "Held"},
    debounce_ms=300,
)


def observed(words: list[tuple[float, str]], until: float = 0.0) -> list[StateChange]:
    """Changes reported while these words are sampled at these seconds, and at `until`."""
    memory, changes = StateMemory(), list[StateChange]()
    for second, word in words:
        at = START + timedelta(seconds=second)
        memory = observe(
            memory, Candidate(word=word, at=at, arrived=at, monotonic_s=second, uncertain=False)
        )
        memory, change = confirm(MAP, memory, second)
        changes += [change] if change else []
    memory, change = confirm(MAP, memory, until)
    return changes + ([change] if change else [])


def test_a_new_state_counts_from_its_first_sample() -> None:
    [change] = observed([(0.0, "6"), (0.1, "6"), (0.3, "6")])
    assert (change.state, change.detail, change.at) == (EquipmentState.RUNNING, "Execute", START)


def test_a_flicker_is_no_change() -> None:
    changes = observed([(0, "6"), (0.4, "6"), (1.0, "11"), (1.2, "6"), (1.3, "6"), (9, "6")])
    assert [change.detail for change in changes] == ["Execute"]


def test_a_state_that_is_sampled_once_ripens_by_time_alone() -> None:
    changes = observed([(0, "6"), (5, "11")], until=5.3)
    assert [(c.detail, c.at) for c in changes][-1] == ("Held", START + timedelta(seconds=5))


def test_an_unknown_word_is_shown_as_it_is() -> None:
    [change] = observed([(0, "banana")], until=1)
    assert (change.state, change.detail) == (EquipmentState.UNKNOWN, "banana")


def test_a_lost_device_is_unknown_since_it_was_last_heard_and_then_says_its_state_again() -> None:
    now = START + timedelta(seconds=3)
    memory, change = lose(heard=START, now=now)
    assert (change.state, change.detail) == (EquipmentState.UNKNOWN, "no data")
    assert (change.at, change.arrived) == (START, now)
    memory = observe(
        memory, Candidate(word="6", at=now, arrived=now, monotonic_s=3, uncertain=False)
    )
    _, again = confirm(MAP, memory, 3.3)
    assert again is not None
    assert again.state is EquipmentState.RUNNING
