"""Loads `.sql` files whose queries are named and explained.

A file reads: `-- :name lock_sources`, then at least one `-- sentence of purpose.`, then one statement.
"""

from functools import cache
from importlib.resources import files
from typing import LiteralString, cast


class QueryFileFault(Exception):
    """A query file does not keep the form; the message names file and query."""


@cache
def load(name: str) -> dict[str, LiteralString]:
    """Queries of `mes_server/storage/{name}.sql` by name. The text is our own source, hence literal."""
    text = (files("mes_server.storage") / f"{name}.sql").read_text(encoding="utf-8")
    queries: dict[str, LiteralString] = {}
    for block in text.split("-- :name ")[1:]:
        head, _, body = block.partition("\n")
        query = head.strip()
        if query in queries:
            raise QueryFileFault(f"{name}.sql names {query} twice")
        if not body.lstrip().startswith("-- "):
            raise QueryFileFault(f"{name}.sql: {query} does not say what it is for")
        queries[query] = cast(LiteralString, body.strip().removesuffix(";"))
    return queries
