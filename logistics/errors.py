"""The one exception family of this room, each with the words and status of its HTTP answer (RFC 9457)."""

from __future__ import annotations

from foundation.web import ProblemRule

__all__ = [
    "BadStockQuery",
    "ContainmentBehind",
    "LogisticsError",
    "StockGap",
    "StockUnavailable",
    "StockUnusable",
    "problem_rules",
]


class LogisticsError(Exception):
    """Something this room refuses or cannot do.

    Attributes:
        status: HTTP status code of the answer.
        title: short words for the kind of problem.
    """

    status = 500
    title = "The server could not do this"


class BadStockQuery(LogisticsError):
    """An identifier or a limit in a question about stock is not of its form."""

    status = 400
    title = "The question about stock is wrong"


class ContainmentBehind(LogisticsError):
    """The lineage does not yet know the entries that the stock is to apply; they can be applied later."""

    status = 503
    title = "The stock is behind the log"


class StockGap(LogisticsError):
    """Entries are offered that do not follow on what the stock has applied."""


class StockUnavailable(LogisticsError):
    """The stock file cannot be opened now, for a reason that may pass; nothing is wrong with what it holds."""


class StockUnusable(LogisticsError):
    """The stock file is of another format or damaged; it can be deleted and is rebuilt from the log."""


def problem_rules() -> list[ProblemRule]:
    """How this room's exceptions are told to clients; only those that concern the question show their words."""
    families = [BadStockQuery, ContainmentBehind]
    internal = ProblemRule(
        LogisticsError, status=LogisticsError.status, title=LogisticsError.title, detail=lambda _: None
    )
    return [internal, *(ProblemRule(family, status=family.status, title=family.title) for family in families)]
