"""A session with an OPC UA server: no request asks for more at once than the server takes, publishes are read our way.

A server says in its OperationLimits how many nodes one request may name (OPC 10000-5, 6.3.11); an S7-1500 takes 1,000. Ours
are split accordingly, and so are those that the library makes by itself. A server that says nothing, or no limit, and
then refuses a request as too large all the same, is asked again for half as much, and for no more from then on.
"""

# asyncua's protocol types are generated and only partly typed.
# pyright: reportPrivateImportUsage=false, reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from collections.abc import Awaitable, Callable
from dataclasses import replace
from enum import Enum
from typing import TypeVar

import structlog
from asyncua import ua
from asyncua.client.client import Client
from asyncua.client.ua_client import UaClient
from asyncua.client.ua_session import UaSession
from asyncua.ua.uaerrors import UaStructParsingError

from edge.opcua_publish import read_publish

OPERATIONS_MAX = 1_000
"""So much is asked at once where the server says nothing, or allows more."""
_REFUSED_AS_TOO_LARGE = (
    ua.uaerrors.BadTooManyOperations,
    ua.uaerrors.BadRequestTooLarge,
    ua.uaerrors.BadResponseTooLarge,
    ua.uaerrors.BadEncodingLimitsExceeded,
)
_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")
_log = structlog.get_logger(__name__)


class Operation(Enum):
    """Services that take many things in one request; the value is the node that says how many."""

    READ = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead
    WRITE = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerWrite
    BROWSE = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse
    TRANSLATE = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds
    MONITOR = ua.ObjectIds.Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall


class Session(UaSession):
    """The library's session with our reading of publish responses, and requests in parts that the server takes."""

    def __init__(self, client: UaClient) -> None:
        super().__init__(client)
        self.unreadable: str | None = None
        """Why a response could not be read, once one could not: what it told is lost."""
        self.at_once = dict.fromkeys(Operation, OPERATIONS_MAX)
        """How much one request may ask for."""

    async def learn_limits(self) -> None:
        """Ask the server for its limits; what it does not say stays as it is, 0 means that it sets none."""
        nodes = [ua.NodeId(ua.Int32(operation.value)) for operation in Operation]
        for operation, answer in zip(
            Operation, await self.read_attributes(nodes, ua.AttributeIds.Value), strict=True
        ):
            said: object = answer.Value.Value if answer.Value is not None else None
            good = answer.StatusCode is None or answer.StatusCode.is_good()
            if good and isinstance(said, int) and said > 0:
                self.at_once[operation] = min(said, self.at_once[operation])

    async def publish(self, acks: list[ua.SubscriptionAcknowledgement]) -> ua.PublishResponse:
        """Ask for the next response; its notifications come as one `Publish`."""
        request = ua.PublishRequest()
        request.Parameters.SubscriptionAcknowledgements = acks
        data = await self._send_request(request, timeout=0)
        try:
            told = read_publish(data)
        except Exception as error:
            self.unreadable = f"{type(error).__name__}: {error}"
            raise UaStructParsingError from error
        response = ua.PublishResponse()
        response.Parameters.SubscriptionId = ua.IntegerId(told.subscription)
        message = response.Parameters.NotificationMessage
        message.SequenceNumber = ua.Counter(told.sequence)
        message.NotificationData = [] if told.says_nothing else [told]
        return response

    async def read(self, parameters: ua.ReadParameters) -> list[ua.DataValue]:
        """Read attributes."""
        ask = super().read
        asked: list[ua.ReadValueId] = parameters.NodesToRead
        return await self.in_parts(
            Operation.READ,
            asked,
            lambda part: ask(replace(parameters, NodesToRead=part)),
        )

    async def read_attributes(
        self, nodeids: list[ua.NodeId], attr: ua.AttributeIds
    ) -> list[ua.DataValue]:
        """Read the same attribute of several nodes."""
        ask = super().read_attributes
        return await self.in_parts(Operation.READ, nodeids, lambda part: ask(part, attr))

    async def write(self, params: ua.WriteParameters) -> list[ua.StatusCode]:
        """Write attributes."""
        ask = super().write
        asked: list[ua.WriteValue] = params.NodesToWrite
        return await self.in_parts(
            Operation.WRITE,
            asked,
            lambda part: ask(replace(params, NodesToWrite=part)),
        )

    async def write_attributes(
        self,
        nodeids: list[ua.NodeId],
        datavalues: list[ua.DataValue],
        attributeid: ua.AttributeIds = ua.AttributeIds.Value,
    ) -> list[ua.StatusCode]:
        """Write the same attribute of several nodes."""
        ask = super().write_attributes
        return await self.in_parts(
            Operation.WRITE,
            [*zip(nodeids, datavalues, strict=True)],
            lambda part: ask([node for node, _ in part], [value for _, value in part], attributeid),
        )

    async def browse(self, parameters: ua.BrowseParameters) -> list[ua.BrowseResult]:
        """Browse nodes."""
        ask = super().browse
        asked: list[ua.BrowseDescription] = parameters.NodesToBrowse
        return await self.in_parts(
            Operation.BROWSE,
            asked,
            lambda part: ask(replace(parameters, NodesToBrowse=part)),
        )

    async def translate_browsepaths_to_nodeids(
        self, browse_paths: list[ua.BrowsePath]
    ) -> list[ua.BrowsePathResult]:
        """Find nodes by their paths."""
        ask = super().translate_browsepaths_to_nodeids
        return await self.in_parts(Operation.TRANSLATE, browse_paths, ask)

    async def create_monitored_items(
        self, params: ua.CreateMonitoredItemsParameters
    ) -> list[ua.MonitoredItemCreateResult]:
        """Watch nodes."""
        ask = super().create_monitored_items
        asked: list[ua.MonitoredItemCreateRequest] = params.ItemsToCreate
        return await self.in_parts(
            Operation.MONITOR,
            asked,
            lambda part: ask(replace(params, ItemsToCreate=part)),
        )

    async def in_parts(
        self,
        operation: Operation,
        asked: list[_Asked],
        ask: Callable[[list[_Asked]], Awaitable[list[_Answer]]],
    ) -> list[_Answer]:
        """Ask for everything, part by part; a part that is refused as too large is halved, down to a single thing."""
        answers: list[_Answer] = []
        while len(answers) < len(asked):
            part = asked[len(answers) : len(answers) + self.at_once[operation]]
            try:
                found = await ask(part)
            except _REFUSED_AS_TOO_LARGE as error:
                if len(part) == 1:
                    raise
                self.at_once[operation] = len(part) // 2
                _log.warning(
                    "the server takes fewer nodes in one request than it was sent",
                    request=operation.name.lower(),
                    sent=len(part),
                    from_now_on=self.at_once[operation],
                    why=type(error).__name__,
                )
                continue
            if len(found) != len(part):
                raise ua.UaError(f"{len(found)} answers to a request for {len(part)}")
            answers += found
        return answers


def new_client(endpoint: str, *, timeout_s: float) -> Client:
    """A client with such a session."""
    client = Client(endpoint, timeout=timeout_s)
    client.uaclient.session = Session(client.uaclient)
    return client


async def learn_limits(client: Client) -> None:
    """Ask a connected server for its limits, once per connection."""
    session = client.uaclient.session
    if isinstance(session, Session):
        await session.learn_limits()
