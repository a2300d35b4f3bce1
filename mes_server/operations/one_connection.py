"""Commands inside a command: several of them in one transaction, done or refused together."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import cast
from uuid import uuid5

from mes_server.operations.call import Call
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


def inner_call(call: Call, what: str) -> Call:
    """The same caller, under a key that follows from the outer command's own."""
    return replace(call, command_id=uuid5(call.command_id, what), expected_version=None)
