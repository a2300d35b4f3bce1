"""Server-sent events, line by line. Pure."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass

LINE_MAX = 2_000_000
"""Characters; a longer line means this is not the stream we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMessage:
    """One event, or a heartbeat (a comment line) when `event` is `heartbeat`."""

    event: str
    data: str = ""
    id: str = ""


async def read_messages(lines: AsyncIterable[str]) -> AsyncGenerator[StreamMessage]:
    """Messages of a text/event-stream; a comment becomes a heartbeat at once."""
    event, identity, data = "message", "", list[str]()
    async for line in lines:
        if len(line) > LINE_MAX:
            raise ValueError("The event stream holds a line that is too long.")
        if line.startswith(":"):
            yield StreamMessage(event="heartbeat")
        elif not line:
            if data or event != "message":
                yield StreamMessage(event=event, data="\n".join(data), id=identity)
            event, data = "message", []
        else:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "event":
                    event = value
                case "data":
                    data.append(value)
                case "id":
                    identity = value
                case _:
                    pass
