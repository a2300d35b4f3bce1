"""Classes A, B and C of items."""

from collections.abc import Mapping

from mes_server.storage.database import Connection
from mes_server.storage.named_queries import load

_SQL = load("abc_classes")


async def set_classes(connection: Connection, classes: Mapping[str, str]) -> int:
    """Item -> class; how many items changed theirs."""
    values = {"codes": list(classes), "classes": list(classes.values())}
    return (await connection.execute(_SQL["set_classes"], values)).rowcount
