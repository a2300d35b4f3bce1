"""MQTT topics: `lineside/v1/{site}/{agent}/facts | ack | command | status`, and what is known of counters, retained:
`lineside/v1/{site}/{agent}/totals/{unit}:{signal}`."""

from dataclasses import dataclass
from typing import Literal, get_args

Channel = Literal["facts", "ack", "command", "status"]
ROOT = "lineside/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One agent's channel at one site."""

    site: str
    agent: str
    channel: Channel

    def __str__(self) -> str:
        return f"{ROOT}/{self.site}/{self.agent}/{self.channel}"


def parse_topic(text: str) -> Topic:
    """Parse a topic of the wire; raises ValueError for any other topic."""
    match text.split("/"):
        case [
            "lineside",
            "v1",
            site,
            agent,
            ("facts" | "ack" | "command" | "status") as channel,
        ] if site and agent:
            return Topic(site=site, agent=agent, channel=channel)
        case _:
            raise ValueError(
                f"{text!r} is not a topic of the wire ({ROOT}/site/agent/{'|'.join(get_args(Channel))})"
            )


def every_agent(site: str, channel: Channel) -> str:
    """Subscription filter for one channel of all agents of a site."""
    return f"{ROOT}/{site}/+/{channel}"


def totals_topic(site: str, agent: str, equipment: str, signal: str) -> str:
    """Where an agent finds what is known of one of its counters."""
    unit = equipment.removeprefix(f"{site}/").replace("/", ":")
    return f"{ROOT}/{site}/{agent}/totals/{unit}:{signal}"


def every_total(site: str, agent: str) -> str:
    """Subscription filter, and rule, for all counters of an agent."""
    return f"{ROOT}/{site}/{agent}/totals/+"
