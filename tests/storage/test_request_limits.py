"""What the server's door takes at most: bytes, facts, and depth; each refusal says so, and nothing is booked."""

import pytest

from gateway.contract.codec import encode
from gateway.contract.uplink import FACTS_PER_BATCH_MAX, IngestRequest
from mes_server.api.body_limit import INGEST_BYTES_MAX
from tests.storage.kettle_works import MOULDER, KettleWorks

GATEWAY = {"Authorization": "Bearer for-the-gateway"}
ADMIN = {"Authorization": "Bearer for-administrators"}
FACTS = "/api/v1/ingest/facts"


@pytest.mark.parametrize(
    "deep", [b"[" * 100_000, b'{"sources":' * 50_000, b'{"gateway":"g","sources":' + b"[" * 9_000]
)
async def test_nested_facts_are_malformed(works: KettleWorks, deep: bytes) -> None:
    answer = await works.http.post(FACTS, content=deep, headers=GATEWAY)
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")


async def test_a_command_that_nests_deeply_is_malformed(works: KettleWorks) -> None:
    answer = await works.http.put(
        "/api/v1/master-data",
        content=b"[" * 200_000,
        headers={**ADMIN, "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")


async def test_too_many_bytes_are_refused_with_the_limit(works: KettleWorks) -> None:
    answer = await works.http.post(FACTS, content=b" " * (INGEST_BYTES_MAX + 1), headers=GATEWAY)
    assert (answer.status_code, answer.json()["type"]) == (413, "too-large")
    assert str(INGEST_BYTES_MAX) in answer.json()["detail"]


async def test_too_many_facts_are_refused_with_the_limit(works: KettleWorks) -> None:
    fact = works.moulding.count(MOULDER, "good", 1, at=works.clock.at)
    batch = works.moulding.batch(*[fact] * (FACTS_PER_BATCH_MAX + 1))
    answer = await works.http.post(
        FACTS, content=encode(IngestRequest(gateway="g", sources=[batch])), headers=GATEWAY
    )
    assert (answer.status_code, answer.json()["type"]) == (400, "malformed")
    assert str(FACTS_PER_BATCH_MAX) in answer.json()["detail"]


async def test_without_a_token_not_even_the_body_is_looked_at(works: KettleWorks) -> None:
    answer = await works.http.post(FACTS, content=b"[" * 1_000)
    assert answer.status_code == 401
