"""Problems: errors as RFC 9457 ``application/problem+json``, and the one place where exceptions become them.

Each room has one exception family. The wiring room gathers a `ProblemRule` for each family into `Problems`
and installs it on the application; whatever no rule names answers 500 and says nothing of its cause.

>>> from foundation.web import Problem
>>> Problem(status=404, detail="No such lot.").as_dict()
{'type': 'about:blank', 'title': 'Not Found', 'status': 404, 'detail': 'No such lot.'}
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from foundation.web.headers import SECURITY_HEADERS
from foundation.web.negotiation import wants_html
from foundation.web.page import SHELL_PAGES

PROBLEM_JSON = "application/problem+json"
_LARGEST_LIST_OF_FAULTS = 20
_log = logging.getLogger("suyuan.web")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem detail (RFC 9457 §3); `extensions` become further members of the JSON object."""

    status: int
    title: str = ""
    type: str = "about:blank"
    detail: str | None = None
    instance: str | None = None
    extensions: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The JSON object; the standard's members win over extensions of the same name."""
        body: dict[str, Any] = dict(self.extensions)
        body.update(type=self.type, title=self.title or _phrase(self.status), status=self.status)
        if self.detail is not None:
            body["detail"] = self.detail
        if self.instance is not None:
            body["instance"] = self.instance
        ordered = ("type", "title", "status", "detail", "instance")
        return {name: body[name] for name in ordered if name in body} | {
            name: value for name, value in body.items() if name not in ordered
        }

    def response(self) -> Response:
        """The problem as `application/problem+json`, never cached."""
        return Response(
            orjson.dumps(self.as_dict(), default=str),
            status_code=self.status,
            media_type=PROBLEM_JSON,
            headers={"Cache-Control": "no-store", **self.headers},
        )


def problem(
    status: int,
    title: str = "",
    *,
    type: str = "about:blank",  # noqa: A002 - the member's name in RFC 9457
    detail: str | None = None,
    instance: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extensions: Any,
) -> Response:
    """A problem+json response in one call.

    Args:
        status: HTTP status code, 400 to 599.
        title: the same words for every problem of this type; empty takes the status's own phrase.
        type: URI of the problem type; `about:blank` where the status says it all (RFC 9457 §4.2.1).
        detail: what went wrong this time, in words for a person.
        extensions: further members, JSON values.
    """
    return Problem(status, title, type, detail, instance, extensions, headers or {}).response()


@dataclass(frozen=True, slots=True)
class ProblemRule:
    """How one exception family is told to a client: its type, status and title.

    `detail` turns an exception into words (its text, unless told otherwise); `extensions` adds members,
    for example a list of positions in the document.
    """

    exception: type[Exception]
    status: int
    title: str
    type: str = "about:blank"
    detail: Callable[[Any], str | None] = str
    extensions: Callable[[Any], Mapping[str, Any]] | None = None
    headers: Callable[[Any], Mapping[str, str]] | None = None

    def apply(self, error: Exception) -> Problem:
        """The problem that tells of this exception."""
        return Problem(
            status=self.status,
            title=self.title,
            type=self.type,
            detail=self.detail(error),
            extensions=self.extensions(error) if self.extensions else {},
            headers=self.headers(error) if self.headers else {},
        )


class Problems:
    """The register of rules: the most specific class of an exception's MRO that has a rule decides."""

    def __init__(self, rules: Iterable[ProblemRule] = ()) -> None:
        self._rules: dict[type[BaseException], ProblemRule] = {}
        for rule in rules:
            self.add(rule)

    def add(self, rule: ProblemRule) -> None:
        """Adds one family's rule; ValueError when that family has one already."""
        if rule.exception in self._rules:
            raise ValueError(f"{rule.exception.__qualname__} has a problem rule already")
        if rule.exception in (Exception, HTTPException, RequestValidationError):
            raise ValueError(f"{rule.exception.__qualname__} is told by the web room itself")
        self._rules[rule.exception] = rule

    def families(self) -> tuple[type[BaseException], ...]:
        """The exception classes that have a rule."""
        return tuple(self._rules)

    def of(self, error: Exception) -> Problem:
        """The problem that tells of `error`; an unknown exception gives a bare 500 without any detail."""
        for family in type(error).__mro__:
            rule = self._rules.get(family)
            if rule is not None:
                return rule.apply(error)
        if isinstance(error, RequestValidationError):
            return _of_validation(error)
        if isinstance(error, HTTPException):
            phrase = _phrase(error.status_code)
            detail = None if error.detail == phrase else str(error.detail)
            return Problem(status=error.status_code, detail=detail, headers=dict(error.headers or {}))
        return Problem(status=500)


def _of_validation(error: RequestValidationError) -> Problem:
    """Which parameters are wrong and why, without echoing what was sent."""
    faults = [
        {"where": ".".join(str(part) for part in fault["loc"]), "message": fault["msg"]}
        for fault in error.errors()[:_LARGEST_LIST_OF_FAULTS]
    ]
    detail = "; ".join(f"{fault['where']}: {fault['message']}" for fault in faults)
    return Problem(
        status=400, title="Request not understood", detail=detail or None, extensions={"errors": faults}
    )


Handler = Callable[[Request, Exception], Awaitable[Response]]


def install_problems(app: FastAPI, problems: Problems | Iterable[ProblemRule] = ()) -> Problems:
    """Makes every exception of the application answer as a problem.

    Programs get problem+json; a browser (which prefers text/html) gets the same words as a page.
    An exception without a rule answers 500 with no detail and is written to the log `suyuan.web`.

    Args:
        app: the application, before it serves its first request.
        problems: the rules, or a register that holds them.

    Returns:
        The register in use, also kept as `app.state.problems`.
    """
    register = problems if isinstance(problems, Problems) else Problems(problems)

    async def tell(request: Request, error: Exception) -> Response:
        told = register.of(error)
        if told.status >= 500:
            _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        response = page_of(request, told) if wants_html(request) else told.response()
        # The outermost handler of all stands outside every middleware, so it brings its own headers.
        for name, value in SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    def page_of(request: Request, told: Problem) -> Response:
        return SHELL_PAGES.render(
            request,
            "problem.html",
            status=told.status,
            headers={"Cache-Control": "no-store", **told.headers},
            problem=told,
            phrase=told.title or _phrase(told.status),
        )

    for family in (*register.families(), HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(family, tell)
    app.state.problems = register
    return register
