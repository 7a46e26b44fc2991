"""Queries: the model, and how it is read from URL parameters."""

from trace_api.query.model import EventQuery, Field, Op, Page, Pattern, Role, Term, View
from trace_api.query.parameters import read_parameters

__all__ = ["EventQuery", "Field", "Op", "Page", "Pattern", "Role", "Term", "View", "read_parameters"]
