"""Containers: what may be put in, and what they are worth knowing."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from mes_server.domain.refusal import Refusal, Words, words

CONTAINER = words("container", "容器")


class ContainerStatus(StrEnum):
    """What a container is good for."""

    EMPTY = "empty"
    IN_USE = "in_use"
    FULL = "full"
    """Sealed by a person."""


@dataclass(kw_only=True, eq=False)
class NotLoose(Refusal):
    """What is to be packed is in other containers, or not there."""

    type = "not-loose"
    title = words(
        "{place} has {loose} of lot {lot} of {item} outside containers, not {quantity}.",
        "{place}的{item}批次{lot}未装容器数量为{loose}，不足{quantity}。",
    )
    detail = words(
        "Pack less, or take it out of its container first.", "请减少数量，或先从原容器取出。"
    )
    item: str
    lot: str
    place: Words
    loose: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class NotInside(Refusal):
    """The container holds less."""

    type = "not-inside"
    title = words(
        "Container {code} holds {inside} of lot {lot} of {item}, not {quantity}.",
        "容器{code}内{item}批次{lot}数量为{inside}，不足{quantity}。",
    )
    detail = words("Take at most that much out.", "请按容器内数量取出。")
    code: str
    item: str
    lot: str
    inside: Decimal
    quantity: Decimal


@dataclass(kw_only=True, eq=False)
class ContainerSealed(Refusal):
    """Nothing goes in or out of a full container."""

    type = "container-sealed"
    title = words("Container {code} is marked as full.", "容器{code}已标记为满。")
    detail = words("Open it first.", "请先打开。")
    code: str


def status_of(*, content: Decimal, sealed: bool) -> ContainerStatus:
    """Empty without content, full when sealed, in use otherwise."""
    if content <= 0:
        return ContainerStatus.EMPTY
    return ContainerStatus.FULL if sealed else ContainerStatus.IN_USE


def check_loose(
    *,
    item: str,
    lot: str,
    place: Words,
    here: Decimal,
    packed: Decimal,
    quantity: Decimal,
) -> None:
    """Refuse to pack what is packed already or not there; `here` lies at the place, `packed` of it in containers."""
    loose = max(here - packed, Decimal(0))
    if quantity > loose:
        raise NotLoose(item=item, lot=lot, place=place, loose=loose, quantity=quantity)
