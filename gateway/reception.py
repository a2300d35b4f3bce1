"""Reception: what the gateway does with one message from the bus. Nothing that arrives here can stop it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec

from device_profiles.program import Clock
from gateway.admission import Rules, judge
from gateway.agent_limits import AgentLimits
from gateway.contract.codec import decode, encode
from gateway.contract.topic import Topic, parse_topic
from gateway.contract.uplink import (
    MESSAGE_BYTES_MAX,
    AgentStatus,
    FactMessage,
    SourceBatch,
    Verdict,
)
from gateway.counters import Complaints, Counters
from gateway.intake import Incoming, Intake
from gateway.isolation import Isolation
from gateway.stand_in import quoting, read_message, stand_in
from gateway.turned_away import NOBODY, Reason, TurnedAway, TurnedAwayMessage, reason_of

SEQ_MAX = 2**62
"""Sequences and outbox epochs from here on are garbage."""
_AGENT = re.compile(r"[A-Za-z0-9._-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reception:
    """Reads, judges and hands on; `on_facts` and `on_status`, by the names of their parts, see what was taken. One of them
    that fails is held apart: facts are on their way up before anybody looks at them."""

    site: str
    rules: Rules
    intake: Intake
    counters: Counters
    complaints: Complaints
    clock: Clock
    on_facts: Mapping[str, Callable[[SourceBatch], None]]
    on_status: Mapping[str, Callable[[AgentStatus], None]]
    isolation: Isolation
    limits: AgentLimits = field(default_factory=AgentLimits)
    turned_away: TurnedAway = field(default_factory=TurnedAway)

    def arrived(self, topic: str, payload: bytes) -> None:
        """Take one message of the bus."""
        self.counters.messages += 1
        agent = NOBODY
        try:
            parsed = self._addressed(topic)
            agent = parsed.agent
            if len(payload) > MESSAGE_BYTES_MAX:
                raise TurnedAwayMessage(
                    Reason.TOO_LARGE,
                    f"{len(payload)} bytes are more than the {MESSAGE_BYTES_MAX} of a message",
                )
            if self.limits.admits(agent, parsed.channel, len(payload), self.clock.monotonic()):
                self._dispatch(parsed, payload)
            else:
                self.counters.too_fast += 1
                self._turn_away(agent, Reason.TOO_FAST)
        except ValueError as error:
            self.counters.malformed += 1
            self._turn_away(agent, reason_of(error), str(error))
        except Exception as error:
            # Nobody foresaw this one. Its agent sends the facts again; the others' are not to wait for it.
            self.isolation.failed("reception", error)
            self._turn_away(agent, Reason.BROKE, f"{type(error).__name__}: {error}")

    def _addressed(self, topic: str) -> Topic:
        try:
            parsed = parse_topic(topic)
        except ValueError as error:
            raise TurnedAwayMessage(Reason.BAD_TOPIC, str(error)) from error
        if not _AGENT.fullmatch(parsed.agent) or parsed.site != self.site:
            why = f"{topic!r} does not name an agent of site {self.site}"
            raise TurnedAwayMessage(Reason.BAD_TOPIC, why)
        return parsed

    def _turn_away(self, agent: str, reason: Reason, why: str = "") -> None:
        self.turned_away.count(agent, reason)
        self.complaints.say(
            f"message_{reason.value}", agent=agent, why=why[:500], so_far=self.turned_away.of(agent)
        )

    def _dispatch(self, topic: Topic, payload: bytes) -> None:
        if topic.channel == "facts":
            self._facts(topic, payload)
        elif topic.channel == "status" and payload:
            status = decode(payload, AgentStatus)
            if self._is_from(topic, status.agent):
                for part, tell in self.on_status.items():
                    self.isolation.call(part, tell, status)

    def _facts(self, topic: Topic, payload: bytes) -> None:
        if not self.intake.has_room(topic.agent, len(payload)):
            self.counters.dropped += 1
            self._turn_away(topic.agent, Reason.NO_ROOM)
            return
        message, verdicts = read_message(payload)
        if not self._is_from(topic, message.agent):
            return
        if (fault := _envelope_fault(message)) is not None:
            raise TurnedAwayMessage(Reason.BAD_SEQUENCE, fault)
        batch = self._judged(
            SourceBatch(
                agent=message.agent,
                outbox_epoch=message.outbox_epoch,
                first_seq=message.first_seq,
                facts=message.facts,
                oldest_seq=message.oldest_seq,
                quarantined=verdicts,
            )
        )
        self._count(batch)
        self.intake.add(Incoming(batch=batch, size=len(payload), arrived=self.clock.monotonic()))
        for part, tell in self.on_facts.items():
            self.isolation.call(part, tell, batch)

    def _judged(self, batch: SourceBatch) -> SourceBatch:
        """The batch with its verdicts. Facts over which the judgement breaks are kept in their place, for a person."""
        try:
            return judge(batch, self.rules)
        except Exception as error:
            self.isolation.failed("admission", error)
            return self._judged_one_by_one(batch)

    def _judged_one_by_one(self, batch: SourceBatch) -> SourceBatch:
        facts, verdicts = [*batch.facts], [*batch.quarantined]
        for index, fact in enumerate(batch.facts):
            seq = batch.first_seq + index
            if any(verdict.seq == seq for verdict in batch.quarantined):
                continue
            alone = msgspec.structs.replace(batch, first_seq=seq, facts=[fact], quarantined=[])
            try:
                judged = judge(alone, self.rules)
            except Exception as error:
                why = f"The gateway broke over this fact ({type(error).__name__}): report it."
                verdicts.append(Verdict(seq=seq, reason=quoting(why, encode(fact))))
                facts[index] = stand_in(fact)
            else:
                facts[index] = judged.facts[0]
                verdicts += judged.quarantined
        return msgspec.structs.replace(batch, facts=facts, quarantined=verdicts)

    def _is_from(self, topic: Topic, agent: str) -> bool:
        if agent == topic.agent:
            return True
        self.counters.wrong_agent += 1
        self._turn_away(topic.agent, Reason.WRONG_AGENT, f"it claims to be {agent[:100]!r}")
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
