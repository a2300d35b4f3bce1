"""A badge scanned at a station: who is it?"""

from mes_server.domain.refusal import UnknownBadge
from mes_server.storage import people
from mes_server.storage.database import Pool


async def sign_in(pool: Pool, *, badge: str) -> people.PersonRow:
    """The active person with that badge; raises UnknownBadge."""
    async with pool.connection() as connection:
        person = await people.find_badge(connection, badge)
    if person is None:
        raise UnknownBadge(badge=badge)
    return person
