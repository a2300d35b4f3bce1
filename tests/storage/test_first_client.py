"""A small client that knows docs/api.md and the description of the API, and nothing else."""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.storage.receiver import Received, receiver
from tests.storage.test_server_program import TOKENS, start, url_of

UNIT = "kettle-works/moulding/M1/IMM1"


class Client:
    """What the page says a request is made of."""

    def __init__(self, address: str, token: str) -> None:
        self.http = httpx.Client(
            base_url=f"{address}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )

    def get(self, path: str, **asked: str) -> Any:
        answer = self.http.get(path, params=asked)
        assert answer.is_success, answer.text
        return answer.json()

    def do(self, path: str, body: Any = None, *, key: uuid.UUID | None = None) -> Any:
        answer = self.send(path, body, key=key)
        assert answer.is_success, answer.text
        return answer.json()

    def send(self, path: str, body: Any = None, *, key: uuid.UUID | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": str(key or uuid.uuid4())}
        return self.http.post(path, json=body or {}, headers=headers)

    def events(self, after: str) -> Iterator[dict[str, Any]]:
        """The feed, as the page describes it."""
        with self.http.stream("GET", "/feed", params={"after": after}) as stream:
            event: dict[str, Any] = {}
            for line in stream.iter_lines():
                name, _, value = line.partition(": ")
                if not line and event:
                    yield event
                    event = {}
                elif name in ("id", "event", "data"):
                    event[name] = value


def master_data() -> dict[str, Any]:
    names = {"en": "Name", "zh": "名称"}
    return {
        "items": [
            {"code": "PP-RESIN", "name": names, "unit": "kg", "procurement": "buy"},
            {"code": "BODY", "name": names, "unit": "pcs", "procurement": "make"},
        ],
        "locations": [
            {"code": "WH", "name": names, "kind": "store"},
            {"code": "M1-LS", "name": names, "kind": "line_side"},
            {"code": "A1-LS", "name": names, "kind": "line_side"},
        ],
        "bills": [{"item": "BODY", "components": [{"item": "PP-RESIN", "quantity": "0.25"}]}],
    }


def is_signed(got: Received, secret: str) -> bool:
    """The check of the page, word for word, over each of the signatures; older than five minutes is refused."""
    headers, body = got.headers, got.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 300
    return fresh and any(
        hmac.compare_digest(expected, one) for one in headers["webhook-signature"].split(" ")
    )


def run_a_shift(client: Client) -> None:
    """Master data, material, an order from its release to pieces and scrap."""
    assert client.http.put("/master-data", json=master_data()).is_success
    client.do(
        "/receipts", {"item": "PP-RESIN", "lot": "R-1", "quantity": "100", "location": "M1-LS"}
    )
    order = {"number": "WO-1", "item": "BODY", "quantity": "200", "equipment": UNIT, "due_at": "2099-01-01T12:00:00Z"}  # fmt: skip
    client.do("/work-orders", order)
    client.do("/work-orders/WO-1/release")
    client.do("/work-orders/WO-1/start")
    assert client.do(f"/units/{UNIT}/mount", {"barcode": "PP-RESIN|R-1"})["lot"] == "R-1"
    client.do("/work-orders/WO-1/report", {"good": "8", "reason": "no counter"})
    entry = client.do("/work-orders/WO-1/scrap", {"quantity": "2", "reason": "short shot"})
    client.do(f"/scrap-reports/{entry['id']}/reverse")
    client.do("/work-orders/WO-1/scrap", {"quantity": "3", "reason": "short shot"})


def one_key_one_booking(client: Client) -> None:
    """Twenty at once with one key book once; another content under it is refused; a refusal takes no key."""
    key, body = uuid.uuid4(), {"item": "PP-RESIN", "lot": "R-2", "quantity": "5", "location": "WH"}
    with concurrent.futures.ThreadPoolExecutor(20) as many:
        answers = list(many.map(lambda _: client.send("/receipts", body, key=key), range(20)))
    assert [one.status_code for one in answers] == [201] * 20
    assert len({one.text for one in answers}) == 1
    reused = client.send("/receipts", body | {"quantity": "6"}, key=key)
    assert (reused.status_code, reused.json()["type"]) == (422, "key-reused")
    other = uuid.uuid4()
    assert client.send("/receipts", body | {"item": "NOTHING"}, key=other).status_code == 404
    assert client.do("/receipts", body | {"lot": "R-3"}, key=other)["lot"] == "R-3"
    assert [one["quantity"] for one in client.get("/stock", item="PP-RESIN", location="WH")] == [
        "5.000000", "5.000000",
    ]  # fmt: skip


def follow(client: Client, position: str) -> None:
    """The feed from a position, left and taken up again: nothing comes twice, nothing is missed."""
    seen: list[str] = []
    after = position
    for wanted in (1, 2):
        for event in client.events(after):
            told = json.loads(event["data"])
            assert (told["position"], told["topic"]) == (event["id"], event["event"])
            seen.append(event["id"])
            after = event["id"]
            if len(seen) >= wanted:
                break
        client.do(
            "/receipts",
            {"item": "PP-RESIN", "lot": f"F-{wanted}", "quantity": "1", "location": "WH"},
        )
    assert len(seen) == len(set(seen)) == 2
    lost = next(client.events("999999999999-1"))
    assert lost["event"] == "reset"


def test_a_client_is_written_from_the_page_alone(database_url: str, tmp_path: Path) -> None:
    config = tmp_path / "mes.toml"
    config.write_text('[server]\nlisten = "127.0.0.1:0"\n[erp]\nevery_s = 0\n')
    process = start(config, LINESIDE_DATABASE_URL=database_url, **TOKENS)
    try:
        client = Client(url_of(process), TOKENS["LINESIDE_ADMIN_TOKEN"])
        with receiver() as there, client.http:
            hook = client.do(
                "/webhooks", {"name": "mine", "url": there.url, "topics": ["order", "stock"]}
            )
            position = client.get("/plant")["position"]
            run_a_shift(client)
            [card] = client.get("/work-orders/WO-1")
            assert (card["good"], card["scrap"], card["state"]) == ("5", "3", "running")
            [resin] = client.get("/stock", item="PP-RESIN", location="M1-LS")
            assert resin["quantity"] == "98.000000"
            why = client.get("/why/balance", item="PP-RESIN", location="M1-LS")
            assert (float(why["value"]), float(why["explained"])) == (98, 98)
            lot = client.get("/lots/PP-RESIN/R-1")
            assert [one["equipment"] for one in lot["mounted"]] == [UNIT]
            one_key_one_booking(client)
            follow(client, position)
            there.wait_for(3)
            assert all(is_signed(got, hook["secret"]) for got in there.taken)
            assert not is_signed(there.taken[0], "whsec_AAAA")
            refused = client.http.get("/lots/X/Y", headers={"Accept-Language": "zh"})
            assert refused.headers["content-type"] == "application/problem+json"
            assert refused.json()["title"] == "找不到批次“X/Y”。"
            assert client.http.put("/receipts").json()["type"] == "wrong-method"
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
