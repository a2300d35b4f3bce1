"""ERP documents are pushed once more: an ERP system that was restored from a backup asks for what it lost."""

from mes_server.domain.refusal import NotFound
from mes_server.domain.webhook import ERP_DOCUMENT, WEBHOOK, NoErpDocuments
from mes_server.operations.command import Answer, Call, Outcome, Transaction, run_command
from mes_server.operations.cut_erp_documents import event_id_of, push_document
from mes_server.storage import erp_outbox, webhooks
from mes_server.storage.database import Pool
from mes_server.storage.erp_outbox import DocumentFilter

RESEND_MAX = 1_000
"""Documents of one request; the answer says up to which sequence it came."""


async def resend_documents(
    pool: Pool, call: Call, *, webhook_id: int, after: int, through: int | None
) -> Answer:
    """Put the documents after a sequence at the end of the webhook's queue, in their order, under their own ids.

    Answers `{documents, through}`; raises NotFound or NoErpDocuments.
    """

    async def work(transaction: Transaction) -> Outcome:
        connection = transaction.connection
        found = await webhooks.find(connection, webhook_id=webhook_id)
        if not found:
            raise NotFound(what=WEBHOOK, name=str(webhook_id))
        if ERP_DOCUMENT not in found[0].topics:
            raise NoErpDocuments(name=found[0].name)
        rows = await erp_outbox.find(connection, DocumentFilter(after=after), limit=RESEND_MAX)
        wanted = [row for row in rows if through is None or row.sequence <= through]
        await webhooks.forget_messages(connection, webhook_id, [event_id_of(row) for row in wanted])
        for row in wanted:
            await push_document(connection, found[0], row, now=transaction.now)
        last = wanted[-1].sequence if wanted else after
        return Outcome(answer={"documents": len(wanted), "through": last})

    given = {"id": webhook_id, "after": after, "through": through}
    return await run_command(pool, call, kind="resend-erp", given=given, work=work)
