"""Commands that travel down: a job order written to a machine (OPC UA for ISA-95 job control, OPC 10031-4)."""

import msgspec

from gateway.contract.uplink import Envelope


class JobOrderCommand(Envelope, frozen=True, kw_only=True):
    """`.../command`: write these set-points to one unit when it is in a state that allows it, and read them back."""

    position: int
    """Place in the server's command log; grows, gateways resume after it."""
    command_id: str
    agent: str
    equipment: str
    work_order: str
    operation: int
    item: str
    target_quantity: int
    setpoints: dict[str, float] = msgspec.field(default_factory=dict[str, float])


class CommandPage(Envelope, frozen=True, kw_only=True):
    """Answer of the long poll `GET /api/v1/gateway/commands?after=N&wait_s=20`."""

    commands: list[JobOrderCommand]
    position: int
    """Poll again after this."""


class RunningOrders(Envelope, frozen=True, kw_only=True):
    """Answer of `GET /api/v1/gateway/orders`: the order that runs on each unit; a unit where none runs is not named."""

    orders: dict[str, str]
    """Equipment path -> order number."""


class CommandAck(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The edge took a command; the machine's answer follows as a JobAnswerFact."""

    command_id: str
