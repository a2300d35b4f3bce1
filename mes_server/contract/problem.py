"""Refusals as problem+json (RFC 9457), shown to people word for word."""

from mes_server.contract.shape import Shape


class Problem(Shape):
    """`title` says what happened, `detail` what to do now, in the caller's language (`Accept-Language`)."""

    type: str
    """Stable name of the refusal, e.g. `not-running`."""
    title: str
    status: int
    detail: str
    instance: str
    """Id of this occurrence, also in the server's log."""
    overridable: bool = False
    """True: the same command with a reason is accepted, and the reason kept with the person's name."""
