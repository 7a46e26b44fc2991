"""The one exception family of this room, each mapped to the problem type that EPCIS 2.0 names for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "Behind",
    "CaptureLimitExceeded",
    "Forbidden",
    "Gone",
    "NoSuchName",
    "NotAcceptable",
    "Overloaded",
    "QueryParameterError",
    "QueryTooLarge",
    "RequestTimeout",
    "ResourceAlreadyExists",
    "TraceApiError",
    "Unauthorized",
    "UnsupportedMediaType",
    "ValidationFailed",
]


class TraceApiError(Exception):
    """Something this room refuses or cannot do.

    Attributes:
        status: HTTP status code of the answer.
        problem_type: the `type` member of the RFC 9457 body (EPCIS 2.0 REST bindings, problem types).
        title: short words for the kind of problem.
        extra: further members of the problem body.
    """

    status = 500
    problem_type = "epcisException:ImplementationException"
    title = "The server could not do this"

    def __init__(self, detail: str, *, extra: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra: dict[str, Any] = dict(extra or {})


class ValidationFailed(TraceApiError):
    """The document or one of its events breaks the standard."""

    status = 400
    problem_type = "epcisException:ValidationException"
    title = "The captured data is not valid EPCIS"


class QueryParameterError(TraceApiError):
    """A query parameter is unknown, or its value is not of its form."""

    status = 400
    problem_type = "epcisException:QueryParameterException"
    title = "A query parameter is wrong"


class QueryTooLarge(TraceApiError):
    """More events match than the caller's maxEventCount (or the server's limit) allows."""

    status = 413
    problem_type = "epcisException:QueryTooLargeException"
    title = "The query result is too large"


class Unauthorized(TraceApiError):
    """No token, or one that is not valid."""

    status = 401
    problem_type = "epcisException:SecurityException"
    title = "Authorization is missing or invalid"


class Forbidden(TraceApiError):
    """The caller is known and may not do this."""

    status = 403
    problem_type = "epcisException:SecurityException"
    title = "This caller may not do this"


class NoSuchName(TraceApiError):
    """What was asked for does not exist, or the caller may not know that it does."""

    status = 404
    problem_type = "epcisException:NoSuchNameException"
    title = "Not found"


class ResourceAlreadyExists(TraceApiError):
    """An event with this eventID has been captured before."""

    status = 409
    problem_type = "epcisException:ResourceAlreadyExistsException"
    title = "This event has been captured before"


class CaptureLimitExceeded(TraceApiError):
    """The request is larger than the server takes."""

    status = 413
    problem_type = "epcisException:CaptureLimitExceededException"
    title = "The request is too large"


class UnsupportedMediaType(TraceApiError):
    """The body is in a format that this server does not read."""

    status = 415
    problem_type = "epcisException:UnsupportedMediaTypeException"
    title = "This format is not supported"


class NotAcceptable(TraceApiError):
    """The answer cannot be given in a format that the client accepts."""

    status = 406
    problem_type = "epcisException:NotAcceptableException"
    title = "No acceptable format"


class Behind(TraceApiError):
    """The index has not reached the log position that the reader demanded."""

    status = 503
    problem_type = "https://suyuan.example/problems/behind"
    title = "The index is behind the log position that was asked for"


class Overloaded(TraceApiError):
    """More is asked at once than the server answers; nothing is wrong with the question."""

    status = 503
    title = "The server has too much to answer"


class RequestTimeout(TraceApiError):
    """The body of a request did not come within the time that the server waits for it."""

    status = 408
    title = "The request did not arrive in time"


class Gone(TraceApiError):
    """The body of this log entry was erased by a logged erasure; its header stays."""

    status = 410
    problem_type = "https://suyuan.example/problems/erased"
    title = "This entry's body was erased"
