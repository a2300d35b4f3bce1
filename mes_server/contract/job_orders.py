"""Job orders: what machines were told when an order started there, and what they answered (OPC 10031-4)."""

from mes_server.contract.shape import Instant, Shape


class JobOrder(Shape):
    """`GET /api/v1/job-orders`: one job order written, or on its way, to a machine."""

    position: int
    command_id: str
    order: str
    operation: int
    equipment: str
    issued_at: Instant
    answered_at: Instant | None
    """None: the machine has not answered yet."""
    accepted: bool | None
    reason: str
    """Why the machine did not take it, for the operator; or what is to be known although it did."""
