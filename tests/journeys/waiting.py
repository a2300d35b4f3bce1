"""Waiting for a condition, with a deadline."""

import threading
import time
from collections.abc import Callable


def eventually(condition: Callable[[], bool], *, within_s: float, every_s: float = 0.05) -> None:
    """Returns as soon as the condition holds; fails when it does not within the time."""
    deadline, pause = time.monotonic() + within_s, threading.Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {condition}"
        pause.wait(every_s)
