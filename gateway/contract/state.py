"""What a unit is doing: the plant's states, and PackML's (ISA-TR88.00.02) mapped onto them."""

from enum import StrEnum


class EquipmentState(StrEnum):
    """The state a person sees; each has one colour, icon and word on the screens."""

    RUNNING = "running"
    SETUP = "setup"
    IDLE = "idle"
    STARVED = "starved"
    BLOCKED = "blocked"
    SLOW = "slow"
    DOWN = "down"
    QUALITY_HOLD = "quality_hold"
    PLANNED_STOP = "planned_stop"
    UNKNOWN = "unknown"


PACKML_STATES: dict[int, tuple[str, EquipmentState]] = {
    0: ("Undefined", EquipmentState.UNKNOWN),
    1: ("Clearing", EquipmentState.DOWN),
    2: ("Stopped", EquipmentState.DOWN),
    3: ("Starting", EquipmentState.SETUP),
    4: ("Idle", EquipmentState.IDLE),
    5: ("Suspended", EquipmentState.STARVED),
    6: ("Execute", EquipmentState.RUNNING),
    7: ("Stopping", EquipmentState.DOWN),
    8: ("Aborting", EquipmentState.DOWN),
    9: ("Aborted", EquipmentState.DOWN),
    10: ("Holding", EquipmentState.DOWN),
    11: ("Held", EquipmentState.DOWN),
    12: ("Unholding", EquipmentState.RUNNING),
    13: ("Suspending", EquipmentState.STARVED),
    14: ("Unsuspending", EquipmentState.RUNNING),
    15: ("Resetting", EquipmentState.SETUP),
    16: ("Completing", EquipmentState.RUNNING),
    17: ("Complete", EquipmentState.IDLE),
}
"""PackML state number -> (name, plant state). Held is an own fault, Suspended waits for others (starved);
a machine that can tell starved from blocked does so in its profile's own state map."""
