"""A request that is too large is refused before it fills the memory, and nothing of it is taken for the whole."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI, Request
from pydantic import BaseModel

from mes_server.api.body_limit import BODY_BYTES_MAX, INGEST_BYTES_MAX, BodyLimit

taken: list[int] = []


class Note(BaseModel):
    text: str


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    taken.clear()
    app = FastAPI()
    app.add_middleware(BodyLimit)

    @app.post("/api/v1/ingest/facts")
    @app.post("/api/v1/raw")
    async def raw(request: Request) -> int:
        taken.append(len(await request.body()))
        return taken[-1]

    @app.post("/api/v1/notes")
    async def notes(note: Note) -> int:
        taken.append(len(note.text))
        return taken[-1]

    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://mes") as client:
        yield client


async def pieces(total: int) -> AsyncIterator[bytes]:
    """Chunked: nobody announces how much it will be."""
    for _ in range(0, total, 500_000):
        yield b"x" * 500_000


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/api/v1/ingest/facts", INGEST_BYTES_MAX), ("/api/v1/raw", BODY_BYTES_MAX)],
)
async def test_at_the_limit_it_is_taken_and_beyond_it_is_not(
    http: httpx.AsyncClient, path: str, limit: int
) -> None:
    assert (await http.post(path, content=b"x" * limit)).json() == limit
    assert (await http.post(path, content=pieces(limit))).json() == limit
    for too_much in (b"x" * (limit + 1), pieces(limit + 500_000)):
        answer = await http.post(path, content=too_much)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == "too-large"
        assert str(limit) in answer.json()["detail"]
    assert taken == [limit, limit]


async def test_the_answer_is_in_the_callers_language(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/api/v1/raw",
        content=b"x" * (BODY_BYTES_MAX + 1),
        headers={"Accept-Language": "zh-CN,zh;q=0.9"},
    )
    assert answer.json()["title"] == "请求内容过大。"


async def test_a_command_that_is_too_large_is_never_read_in_part(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/api/v1/notes",
        content=pieces(BODY_BYTES_MAX + 500_000),
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert taken == []


async def test_deep_nesting_is_an_answer_and_no_crash(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/api/v1/notes", content=b"[" * 200_000, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert taken == []
