"""Reception: what the gateway does with one message from the bus. Nothing that arrives here can stop it."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from device_profiles.program import Clock
from gateway.admission import Rules, judge
from gateway.contract.codec import Malformed, decode
from gateway.contract.topic import Topic, parse_topic
from gateway.contract.uplink import MESSAGE_BYTES_MAX, AgentStatus, FactMessage, SourceBatch
from gateway.counters import Complaints, Counters
from gateway.intake import Incoming, Intake
from gateway.stand_in import read_message

SEQ_MAX = 2**62
"""Sequences and outbox epochs from here on are garbage."""
_AGENT = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Reads, judges and hands on; `on_facts` and `on_status` see what was taken."""

    site: str
    rules: Rules
    intake: Intake
    counters: Counters
    complaints: Complaints
    clock: Clock
    on_facts: tuple[Callable[[SourceBatch], None], ...]
    on_status: tuple[Callable[[AgentStatus], None], ...]

    def arrived(self, topic: str, payload: bytes) -> None:
        """Take one message of the bus."""
        self.counters.messages += 1
        try:
            parsed = parse_topic(topic)
            if not _AGENT.fullmatch(parsed.agent) or parsed.site != self.site:
                raise Malformed(f"{topic!r} does not name an agent of site {self.site}")
            if len(payload) > MESSAGE_BYTES_MAX:
                raise Malformed(
                    f"{len(payload)} bytes are more than the {MESSAGE_BYTES_MAX} of a message"
                )
            self._dispatch(parsed, payload)
        except ValueError as error:
            self.counters.malformed += 1
            self.complaints.say("message_malformed", topic=topic[:200], why=str(error)[:500])

    def _dispatch(self, topic: Topic, payload: bytes) -> None:
        if topic.channel == "facts":
            self._facts(topic, payload)
        elif topic.channel == "status" and payload:
            status = decode(payload, AgentStatus)
            if self._is_from(topic, status.agent):
                for tell in self.on_status:
                    tell(status)

    def _facts(self, topic: Topic, payload: bytes) -> None:
        if not self.intake.has_room(len(payload)):
            self.counters.dropped += 1
            self.complaints.say("intake_full", agent=topic.agent, facts=self.intake.facts)
            return
        message, verdicts = read_message(payload)
        if not self._is_from(topic, message.agent):
            return
        if (fault := _envelope_fault(message)) is not None:
            raise Malformed(fault)
        batch = judge(
            SourceBatch(
                agent=message.agent,
                outbox_epoch=message.outbox_epoch,
                first_seq=message.first_seq,
                facts=message.facts,
                oldest_seq=message.oldest_seq,
                quarantined=verdicts,
            ),
            self.rules,
        )
        self._count(batch)
        self.intake.add(Incoming(batch=batch, size=len(payload), arrived=self.clock.monotonic()))
        for tell in self.on_facts:
            tell(batch)

    def _is_from(self, topic: Topic, agent: str) -> bool:
        if agent == topic.agent:
            return True
        self.counters.wrong_agent += 1
        self.complaints.say("wrong_agent", topic=str(topic), claims=agent[:100])
        return False

    def _count(self, batch: SourceBatch) -> None:
        self.counters.facts += len(batch.facts)
        if batch.quarantined:
            self.counters.quarantined += len(batch.quarantined)
            first = batch.quarantined[0]
            self.complaints.say(
                "facts_quarantined",
                agent=batch.agent,
                seq=first.seq,
                count=len(batch.quarantined),
                why=first.reason,
            )


def _envelope_fault(message: FactMessage) -> str | None:
    """What is wrong with a message's sequence, or None."""
    if not message.facts:
        return "facts: at least one is needed"
    if not 1 <= message.first_seq < SEQ_MAX:
        return f"first_seq: {message.first_seq} is out of range"
    if not 0 <= message.outbox_epoch < SEQ_MAX:
        return f"outbox_epoch: {message.outbox_epoch} is out of range"
    if not 1 <= message.oldest_seq < SEQ_MAX:
        return f"oldest_seq: {message.oldest_seq} is out of range"
    return None
