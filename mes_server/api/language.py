"""The language that a caller reads, from `Accept-Language`."""

from typing import Annotated

from fastapi import Depends, Request

LANGUAGES = ("en", "zh")


def choose_language(header: str) -> str:
    """The best of our languages by RFC 9110 weights; English when none is wanted."""
    best, best_weight = LANGUAGES[0], 0.0
    for part in header.lower().split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().partition("-")[0]
        weight = _weight(parameters)
        if primary in LANGUAGES and weight > best_weight:
            best, best_weight = primary, weight
    return best


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def language_of(request: Request) -> str:
    """The caller's language."""
    return choose_language(request.headers.get("accept-language", ""))


async def language_here(request: Request) -> str:
    """`language_of` as a dependency: a plain function would wait for a thread, each time."""
    return language_of(request)


Language = Annotated[str, Depends(language_here)]
