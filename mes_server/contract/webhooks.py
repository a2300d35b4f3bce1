"""Webhooks: what is told to whom over HTTP. Bodies are `{type, timestamp, data}`; headers follow Standard Webhooks."""

from typing import Literal

from pydantic import Field

from mes_server.contract.shape import Command, Instant, Shape

Topic = Literal["unit", "order", "stock", "signal", "states", "erp-document"]


class WebhookChange(Command):
    """`POST /api/v1/webhooks`, `PUT /api/v1/webhooks/{id}`."""

    name: str = Field(min_length=1, max_length=80)
    url: str = Field(min_length=8, max_length=500)
    """http or https, without name and password."""
    topics: list[Topic] = Field(min_length=1, max_length=6)
    """Topics of the feed, and `erp-document`."""
    format: Literal["json", "xml"] = "json"
    """Of ERP documents: JSON, or XML shaped like B2MML."""


class Webhook(Shape):
    """Who is told of what, and how that goes."""

    id: int
    name: str
    url: str
    topics: list[Topic]
    format: Literal["json", "xml"]
    pending: int
    """Messages that wait."""
    failures: int
    """Attempts in a row that failed."""
    next_try_at: Instant | None
    parked_at: Instant | None
    """Set after too many failures; nothing is sent until a person resumes it."""
    last_error: str
    last_delivered_at: Instant | None
    created_at: Instant
    old_secret_until: Instant | None
    """Until then deliveries carry a second signature, under the secret before."""


class CreatedWebhook(Webhook):
    """A webhook with its new secret, shown this once; null when the command was repeated."""

    secret: str | None = Field(repr=False)


class WebhookMessage(Shape):
    """One message, and what became of it."""

    id: int
    event_id: str
    """Sent as `webhook-id`, the same at every attempt."""
    topic: str
    content_type: str
    body: str
    created_at: Instant
    attempts: int
    delivered_at: Instant | None
    status: int | None
    error: str


class WebhookAttempt(Shape):
    """How an attempt ended that a person asked for."""

    delivered: bool
    status: int | None
    """HTTP status of the receiver; null: it did not answer."""
    error: str
