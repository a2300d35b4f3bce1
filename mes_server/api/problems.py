"""Refusals and failures as problem+json (RFC 9457), in the caller's language, each with an id that is in the log too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from gateway.contract.codec import Malformed
from mes_server.api.access import TokenWrong
from mes_server.api.body_limit import BodyLimit
from mes_server.api.language import language_of
from mes_server.api.refused_tokens import note_refused_token
from mes_server.api.server import server_of
from mes_server.api.validation_words import say_fault
from mes_server.contract.problem import Problem
from mes_server.domain.refusal import Refusal, Words, words

UNREADABLE = 400
"""FastAPI's answer when a body cannot be parsed at all."""
NOT_THIS_WAY = 405
"""Its answer when the address is known, but not with this method."""
_LOG: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(kw_only=True, eq=False)
class Busy(Refusal):
    """The database is away or too busy."""

    type = "busy"
    status = 503
    title = words("The server cannot reach its data just now.", "服务器暂时无法访问数据。")
    detail = words(
        "Nothing was booked. Try again in a moment; the same tap books once.",
        "尚未登记任何内容。请稍后重试；重复点击只会登记一次。",
    )


@dataclass(kw_only=True, eq=False)
class Broken(Refusal):
    """A fault of ours."""

    type = "internal-error"
    status = 500
    title = words("Something went wrong in the server.", "服务器内部错误。")
    detail = words(
        "Nothing was booked. Tell the administrator this number: {instance}.",
        "尚未登记任何内容。请将此编号告知管理员：{instance}。",
    )
    instance: str


@dataclass(kw_only=True, eq=False)
class NotUnderstood(Refusal):
    """The request is not in our words."""

    type = "not-understood"
    status = 422
    title = words("The request is not right.", "请求内容有误。")
    detail = words("{faults}", "{faults}")
    faults: Words


@dataclass(kw_only=True, eq=False)
class MessageMalformed(Refusal):
    """The gateway sent what the wire contract does not know."""

    type = "malformed"
    status = 400
    title = words("The message is malformed.", "报文格式错误。")
    detail = words("{fault}", "{fault}")
    fault: Words


@dataclass(kw_only=True, eq=False)
class NoSuchAddress(Refusal):
    """No route, or not with this method."""

    type = "no-such-address"
    title = words("There is nothing at this address.", "该地址不存在。")
    detail = words("See /docs for what there is.", "可用接口见 /docs。")
    code: int


@dataclass(kw_only=True, eq=False)
class WrongMethod(Refusal):
    """The address is right, the method is not."""

    type = "wrong-method"
    status = NOT_THIS_WAY
    title = words("{method} is not possible at this address.", "该地址不支持 {method} 方法。")
    detail = words(
        "Use one of the methods in the header Allow; /docs says what each does.",
        "请使用响应头 Allow 中列出的方法；用途见 /docs。",
    )
    method: str


async def answer_refusal(request: Request, error: Exception) -> Response:
    """A refusal, word for word."""
    assert isinstance(error, Refusal)
    problem = _problem(request, error)
    _LOG.info("refused", type=error.type, instance=problem.instance, path=request.url.path)
    if isinstance(error, TokenWrong):
        await note_refused_token(request, error)
    wait_s = getattr(error, "retry_after_s", None)
    return _response(problem, headers={"Retry-After": str(wait_s)} if wait_s else None)


async def answer_validation(request: Request, error: Exception) -> Response:
    """What is wrong with the fields of a request."""
    assert isinstance(error, RequestValidationError)
    faults: Sequence[Mapping[str, Any]] = error.errors()
    said = {
        language: " ".join(say_fault(fault, language) for fault in faults[:5])
        for language in ("en", "zh")
    }
    return await answer_refusal(request, NotUnderstood(faults=said))


async def answer_malformed(request: Request, error: Exception) -> Response:
    """A message of the wire that is not in its contract."""
    return await answer_refusal(
        request, MessageMalformed(fault=words(str(error), f"请按接口约定发送：{error}"))
    )


async def answer_http(request: Request, error: Exception) -> Response:
    """Unknown addresses and methods, and bodies that nobody can read."""
    assert isinstance(error, HTTPException)
    if error.status_code == UNREADABLE:
        fault = words(
            "The body is no JSON that can be read, or is nested too deeply. Send one JSON object in UTF-8.",
            "请求体不是可读取的 JSON，或嵌套过深。请发送一个 UTF-8 编码的 JSON 对象。",
        )
        return await answer_refusal(request, MessageMalformed(fault=fault))
    if error.status_code == NOT_THIS_WAY:
        problem = _problem(request, WrongMethod(method=request.method))
        return _response(problem, headers=error.headers)
    problem = _problem(request, NoSuchAddress(code=error.status_code), status=error.status_code)
    return _response(problem)


async def answer_busy(request: Request, error: Exception) -> Response:
    """The database is away, or somebody holds a lock for too long."""
    problem = _problem(request, Busy())
    _LOG.warning("database_unavailable", instance=problem.instance, error=str(error))
    return _response(problem, headers={"Retry-After": "1"})


async def answer_failure(request: Request, error: Exception) -> Response:
    """Anything else fails loudly: with its trace in the log."""
    instance = str(server_of(request).mint())
    _LOG.error("failed", instance=instance, path=request.url.path, exc_info=error)
    return _response(_problem(request, Broken(instance=instance), instance=instance))


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem, bodies that are too large among them."""
    app.add_middleware(BodyLimit)
    app.add_exception_handler(Refusal, answer_refusal)
    app.add_exception_handler(RequestValidationError, answer_validation)
    app.add_exception_handler(Malformed, answer_malformed)
    app.add_exception_handler(HTTPException, answer_http)
    app.add_exception_handler(OperationalError, answer_busy)
    app.add_exception_handler(PoolTimeout, answer_busy)
    app.add_exception_handler(Exception, answer_failure)


def _problem(
    request: Request, refusal: Refusal, *, status: int | None = None, instance: str | None = None
) -> Problem:
    title, detail = refusal.say(language_of(request))
    return Problem(
        type=refusal.type,
        title=title,
        status=status or refusal.status,
        detail=detail,
        instance=instance or str(server_of(request).mint()),
        overridable=refusal.overridable,
    )


def _response(problem: Problem, *, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        problem.model_dump_json(),
        status_code=problem.status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )
