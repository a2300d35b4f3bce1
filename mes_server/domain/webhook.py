"""Webhooks: how a message is signed, when a failed one is tried again, and why a subscription is refused.

Signatures follow Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, under a secret that is
`whsec_` and base64.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mes_server.domain.refusal import Refusal, Words, words

SECRET_PREFIX = "whsec_"
FAILURES_MAX = 80
"""Failures in a row after which a webhook is parked until a person resumes it: with the waits between, three days."""
OLD_SECRET_FOR = timedelta(hours=24)
"""So long after an exchange of secrets deliveries are signed with both."""
WAIT_FIRST = timedelta(seconds=5)
WAIT_MAX = timedelta(hours=1)
WEBHOOKS_MAX = 50
PENDING_MAX = 10_000
"""Messages that wait for one receiver; beyond, they give way to one `reset`."""
RESET = "reset"
TEST = "test"
ERP_DOCUMENT = "erp-document"
TOPICS = ("unit", "order", "stock", "signal", "states", ERP_DOCUMENT)


def make_secret(random_bytes: bytes) -> str:
    """A secret of that many random bytes."""
    return SECRET_PREFIX + base64.b64encode(random_bytes).decode()


def sign(*, secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery; with several secrets there are as many signatures, with blanks between."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{_digest(secret, signed)}" for secret in secrets),
    }


def _digest(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def next_wait(failures: int, *, roll: float) -> timedelta:
    """How long to wait after so many failures in a row: twice as long each time, within half and one and a half of it.

    `roll` is a random number in [0, 1): receivers that failed together are not all called together again.
    """
    wait = min(WAIT_FIRST * 2 ** min(failures - 1, 20), WAIT_MAX)
    return wait * (0.5 + roll)


WEBHOOK = words("webhook", "Webhook")
MESSAGE = words("message", "消息")


@dataclass(kw_only=True, eq=False)
class UrlUnusable(Refusal):
    """Nothing can or may be sent there."""

    type = "url-unusable"
    status = 422
    title = words("Nothing can be sent to this address: {why}", "无法向该地址发送：{why}")
    detail = words(
        "Give an http or https address of another program, without name and password in it.",
        "请填写其他程序的 http 或 https 地址，且不含用户名和密码。",
    )
    why: Words


@dataclass(kw_only=True, eq=False)
class TooManyWebhooks(Refusal):
    """There is a limit."""

    type = "too-many-webhooks"
    title = words("There are {most} webhooks already.", "Webhook 数量已达 {most} 个。")
    detail = words("Remove one that is no longer needed.", "请删除不再需要的 Webhook。")
    most: int


@dataclass(kw_only=True, eq=False)
class NoErpDocuments(Refusal):
    """The webhook does not ask for ERP documents."""

    type = "no-erp-documents"
    title = words("Webhook {name} gets no ERP documents.", "Webhook“{name}”未订阅 ERP 单据。")
    detail = words("Add erp-document to its topics first.", "请先在其主题中添加 erp-document。")
    name: str


CALLS_ITSELF = words("it is this server's own.", "这是本服务器自身的地址。")
NO_URL = words("it is no http or https address.", "不是有效的 http 或 https 地址。")
NOT_FOUND_HOST = words("its host name is not known.", "主机名无法解析。")
