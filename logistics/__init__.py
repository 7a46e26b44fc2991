"""Logistics: what parties do with the goods that the log tells of; now the stock."""

from __future__ import annotations

from logistics.errors import (
    BadStockQuery,
    ContainmentBehind,
    LogisticsError,
    StockGap,
    StockUnavailable,
    StockUnusable,
    problem_rules,
)

__all__ = [
    "BadStockQuery",
    "ContainmentBehind",
    "LogisticsError",
    "StockGap",
    "StockUnavailable",
    "StockUnusable",
    "problem_rules",
]
