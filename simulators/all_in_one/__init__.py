"""The whole plant on one machine: every program supervised, and the score run. `lineside-demo`."""

from simulators.all_in_one.compose import main

__all__ = ["main"]
