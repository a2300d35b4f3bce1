"""`python -m tests.faults.full_disk_program FILE`: an outbox that is given a piece at a time, until standard input ends.

Its log says what the disk does; its last line is one JSON object: the pieces it was given, and those that the file holds.
"""

import asyncio
import json
import sys
from pathlib import Path

from device_profiles.program import configure_logging
from edge.ending import end
from edge.outbox import Outbox
from edge.tracker import Output
from gateway.contract.fact import CountFact
from tests.core.test_outbox import count, facts_from, measurement, record

EVERY_S = 0.002


async def work(file: Path) -> None:
    """Feed the outbox until nobody listens any more."""
    outbox = Outbox(file, now_ms=1_000)
    await outbox.open()
    storing = asyncio.create_task(outbox.run())
    told = asyncio.create_task(asyncio.to_thread(sys.stdin.readline))
    pieces = 0
    while not told.done():
        pieces += 1
        facts = [measurement(pieces % 60), count(pieces, second=pieces // 100 + 1)]
        outbox.append(Output(facts=facts, records={("d", "good"): record(pieces)}))
        await asyncio.sleep(EVERY_S)
    await end(storing)
    await outbox.commit()
    held = [fact for _, fact in await facts_from(outbox, 1, 1_000_000)]
    counted = sum(fact.delta for fact in held if isinstance(fact, CountFact))
    await outbox.close()
    print(json.dumps({"given": pieces, "held": counted, "facts": len(held)}), flush=True)


if __name__ == "__main__":
    configure_logging(program="full-disk", level="info")
    asyncio.run(work(Path(sys.argv[1])))
