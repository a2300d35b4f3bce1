"""Headers every client sends."""

IDEMPOTENCY_KEY = "Idempotency-Key"
"""UUID minted where the person tapped; the same key books once, the same key with other content is refused."""
BADGE = "Lineside-Badge"
"""Badge of the person who books."""
STATION = "Lineside-Station"
"""Terminal or unit the command comes from."""
IF_MATCH = "If-Match"
"""`order_version` of the card that a command was decided on, or what `GET /versions/…` said of a person, location or
replenishment loop; when that changed since, the command is refused with 412."""
NEXT = "Lineside-Next"
"""In answers with a list: ask again with `after=` this for the next page; absent on the last one."""
