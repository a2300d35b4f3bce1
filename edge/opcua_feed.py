"""One OPC UA subscription: whole publishes in a bounded queue, read without a task or a dozen objects per value."""

# asyncua's protocol types are generated and only partly typed.
# pyright: reportPrivateImportUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

import asyncio

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.node import Node
from asyncua.common.subscription import Subscription

from edge.opcua_publish import Publish
from edge.opcua_session import Session

ITEM_QUEUE = 200
"""Values the server keeps per signal between two publishes."""
PUBLISHES_QUEUE_MAX = 500
"""Publishes that may wait for us; beyond that the client is thrown away, and current values come first again."""
KEEPALIVE_PUBLISHES, LIFETIME_PUBLISHES = 10, 600


class Feed(Subscription):
    """A subscription that hands over whole publishes."""

    def __init__(self, client: Client, period_ms: int) -> None:
        params = ua.CreateSubscriptionParameters(
            RequestedPublishingInterval=period_ms,
            RequestedLifetimeCount=LIFETIME_PUBLISHES,
            RequestedMaxKeepAliveCount=KEEPALIVE_PUBLISHES,
            MaxNotificationsPerPublish=10_000,
            PublishingEnabled=True,
            Priority=0,
        )
        super().__init__(client.uaclient.session, params)
        self._session = client.uaclient.session
        self.publishes: asyncio.Queue[Publish] = asyncio.Queue(PUBLISHES_QUEUE_MAX)
        self.overflowed = False
        self.period_s = period_ms / 1000
        """How often the server publishes; it may have chosen another interval than it was asked for."""

    async def init(self) -> ua.CreateSubscriptionResult:
        """Create the subscription on the server."""
        created = await super().init()
        self.period_s = max(self.period_s, created.RevisedPublishingInterval / 1000)
        return created

    @property
    def unreadable(self) -> str | None:
        """Why a publish was lost, when one could not be read."""
        return self._session.unreadable if isinstance(self._session, Session) else None

    def watch(
        self, node: Node, sample_ms: int, *, by_time: bool = False
    ) -> ua.MonitoredItemCreateRequest:
        """The request for one node's value. `by_time`: a new source time alone is news, too."""
        trigger = ua.DataChangeTrigger.StatusValueTimestamp
        return self._make_monitored_item_request(
            node,
            ua.AttributeIds.Value,
            ua.DataChangeFilter(Trigger=trigger) if by_time else None,
            ITEM_QUEUE,
            ua.MonitoringMode.Reporting,
            ua.Duration(sample_ms),
        )

    async def publish_callback(self, publish_result: ua.PublishResult) -> None:
        """Called by the session for each publish response, and by the client itself when the connection breaks."""
        data: list[object] = publish_result.NotificationMessage.NotificationData or []
        own = [told for told in data if not isinstance(told, Publish)]
        publishes = [told for told in data if isinstance(told, Publish)]
        if own:
            publishes.append(Publish(subscription=0, sequence=0, changes=[], others=own))
        try:
            for told in publishes:
                self.publishes.put_nowait(told)
        except asyncio.QueueFull:
            self.overflowed = True
