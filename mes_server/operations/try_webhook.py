"""A person has one message sent now, to see whether the receiver answers."""

from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.tell_webhooks import make_client, send
from mes_server.storage import webhooks
from mes_server.storage.database import Pool
from mes_server.storage.webhooks import MessageRow, WebhookRow


async def try_webhook(pool: Pool, call: Call, webhook: WebhookRow, message: MessageRow) -> Answer:
    """Send it once, whatever waits. Answers `{delivered, status, error}`.

    Who asked stands in the log before anything is sent; no transaction is open meanwhile.
    """

    async def work(_: Transaction) -> Outcome:
        return Outcome(answer={"delivered": False, "status": None, "error": ""})

    given = {"id": webhook.id, "name": webhook.name, "event_id": message.event_id}
    await run_command(pool, call, kind="try-webhook", given=given, work=work)
    async with make_client() as http:
        delivered = await send(http, webhook, message, now=call.now)
    if message.id and delivered.well:
        assert delivered.status is not None
        async with pool.connection() as connection, connection.transaction():
            await webhooks.mark_delivered(
                connection, webhook.id, message.id, status=delivered.status, now=call.now
            )
    return {
        "delivered": delivered.well,
        "status": delivered.status,
        "error": delivered.error,
    }
