"""Whether a TCP or TLS port can be reached, asked before a library that would hang, leak, or hide why not."""

import asyncio
import contextlib
import ssl

HUNG_UP = "the other side hung up before TLS was agreed on; it does not speak TLS on this port, or not with us"
OBJECTION_S = 0.25
"""So long the other side has to object to our certificate: in TLS 1.3 it does so after the handshake."""


async def reach(host: str, port: int, context: ssl.SSLContext | None, *, within_s: float) -> None:
    """Connect and hang up. Raises OSError (ssl.SSLError with its reason among them), also when it takes too long."""
    async with asyncio.timeout(within_s):
        try:
            reader, writer = await asyncio.open_connection(host, port, ssl=context)
            try:
                if context is not None:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(OBJECTION_S):
                            await reader.read(1)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()
        except (ConnectionResetError, ConnectionAbortedError, BrokenPipeError) as error:
            if context is None:
                raise
            raise ConnectionResetError(HUNG_UP) from error
