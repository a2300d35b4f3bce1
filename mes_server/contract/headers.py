"""Headers every client sends."""

IDEMPOTENCY_KEY = "Idempotency-Key"
"""UUID minted where the person tapped; the same key books once, the same key with other content is refused."""
BADGE = "Lineside-Badge"
"""Badge of the person who books."""
STATION = "Lineside-Station"
"""Terminal or unit the command comes from."""
