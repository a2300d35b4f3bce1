"""Who asks for the description of the API, the first time dear to make, holds nobody up."""

import asyncio
import threading
from typing import Any, cast

import httpx
import pytest

from mes_server.api import description
from mes_server.api.app import PREFIX, build_app
from mes_server.api.server import Server


@pytest.mark.parametrize("address", ["/openapi.json", f"{PREFIX}/exports"])
async def test_it_is_made_once_and_not_where_facts_are_taken(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    makers: list[threading.Thread] = []
    complete = description.complete

    def seen(document: dict[str, Any]) -> dict[str, Any]:
        makers.append(threading.current_thread())
        return complete(document)

    monkeypatch.setattr(description, "complete", seen)
    app = build_app(cast(Server, None))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://mes") as http:
        await asyncio.gather(*(http.get(address) for _ in range(3)))
        document = (await http.get("/openapi.json")).json()
    assert [maker is threading.main_thread() for maker in makers] == [False]
    assert f"{PREFIX}/work-orders" in document["paths"]
    assert app.openapi_url not in document["paths"]
