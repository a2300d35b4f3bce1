"""Why is this figure what it is: the chain behind it, and the rows of the ledger it names, for any page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pydantic import TypeAdapter

from hmi.commands import UnknownVerb
from hmi.pages.asking import Answer, Question
from hmi.pages.visitor import Visitor
from hmi.views.why import postings_view, why_view
from mes_server.contract.stock import Posting
from mes_server.contract.trace import Why

POSTINGS_SHOWN = 200
_POSTINGS = TypeAdapter(list[Posting])


def why_questions(visitor: Visitor) -> Mapping[str, Question]:
    """`why` and `postings`, each asked with the path that a figure or a step names."""

    async def why(body: Mapping[str, Any]) -> Answer:
        path, query = path_within(body.get("path"), "why/")
        told = await visitor.house.server.read(path, query, caller=visitor.caller())
        now, form = visitor.house.clock.now(), visitor.form()
        return why_view(Why.model_validate(told.body), now=now, form=form)

    async def postings(body: Mapping[str, Any]) -> Answer:
        path, query = path_within(body.get("path"), "movements")
        query = {**query, "limit": str(POSTINGS_SHOWN)}
        told = await visitor.house.server.read(path, query, caller=visitor.caller())
        now, form = visitor.house.clock.now(), visitor.form()
        rows = postings_view(_POSTINGS.validate_python(told.body), now=now, form=form)
        return {"rows": rows, "more": told.next is not None}

    return {"why": why, "postings": postings}


def path_within(given: object, room: str) -> tuple[str, dict[str, str]]:
    """Path and query of what a browser asks for, which must lie within one room of the API."""
    parts = urlsplit(str(given))
    wanted = parts.path.split("/")
    if parts.scheme or parts.netloc or ".." in wanted or not parts.path.startswith(room):
        raise UnknownVerb(f"{room}: {given}")
    return parts.path, dict(parse_qsl(parts.query))
