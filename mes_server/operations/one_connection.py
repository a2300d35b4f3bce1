"""Commands inside a command: several of them in one transaction, done or refused together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import cast

from mes_server.storage.database import Connection, Pool


class _OneConnection:
    """Stands for a pool where a command wants one, and gives the open connection each time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        """The connection whose transaction is open; a command's own transaction becomes a savepoint in it."""
        yield self._connection


def pool_of(connection: Connection) -> Pool:
    """What a command takes for a pool: everything it does belongs to the transaction that is open."""
    return cast(Pool, _OneConnection(connection))
