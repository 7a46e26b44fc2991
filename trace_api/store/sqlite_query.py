"""An EventQuery as SQL over the embedded index: values are always parameters, names come from fixed tables."""

from __future__ import annotations

from typing import Any

from trace_api.query.model import EventQuery, Field, Op, Page, Pattern, Role, Term, View

__all__ = ["ROLE_BIT", "compile_query", "compile_view"]

ROLE_BIT = {role: 1 << place for place, role in enumerate(Role)}

COLUMN = {
    Field.EVENT_TYPE: "e.type",
    Field.EVENT_TIME: "e.event_time",
    Field.RECORD_TIME: "e.record_time",
    Field.ACTION: "e.action",
    Field.BIZ_STEP: "e.biz_step",
    Field.DISPOSITION: "e.disposition",
    Field.READ_POINT: "e.read_point",
    Field.BIZ_LOCATION: "e.biz_location",
    Field.TRANSFORMATION_ID: "e.transformation_id",
    Field.EVENT_ID: "e.event_id",
    Field.IS_DECLARATION: "e.declaration",
}


def compile_query(query: EventQuery, view: View, page: Page) -> tuple[str, list[Any]]:
    """SQL that gives (position, sort value) of one page and one row more, in order.

    The visibility condition stands beside the query's own terms, so nothing hidden is paged or counted.
    """
    conditions = ["e.position < ?"]
    values: list[Any] = [page.below]
    hidden, hidden_values = compile_view(view)
    conditions.append(hidden)
    values += hidden_values
    for term in query.terms:
        condition, term_values = _term(term)
        conditions.append(condition)
        values += term_values
    sort = "e.position" if query.order_by is None else COLUMN[query.order_by]
    descending = query.descending and query.order_by is not None
    if page.after is not None:
        compare = "<" if descending else ">"
        conditions.append(f"({sort}, e.position) {compare} (?, ?)")
        values += page.after
    wanted = page.size + 1
    if query.event_count_limit is not None:
        wanted = min(wanted, max(0, query.event_count_limit - page.given))
    direction = "DESC" if descending else "ASC"
    sql = (
        f"SELECT e.position, {sort} FROM event e WHERE {' AND '.join(conditions)}"
        f" ORDER BY {sort} {direction}, e.position {direction} LIMIT ?"
    )
    return sql, [*values, wanted]


def compile_view(view: View) -> tuple[str, list[Any]]:
    """The visibility of contract 12: one's own events, and those that name one as source or destination."""
    if view.sees_all:
        return "1", []
    if view.party is None:
        return "0", []
    return (
        "(e.party = ? OR e.position IN (SELECT position FROM named WHERE party = ?))",
        [view.party, view.party],
    )


def _term(term: Term) -> tuple[str, list[Any]]:
    if term.field is Field.MATCH:
        return _match(term)
    if term.field is Field.ATTRIBUTE:
        marks = ",".join("?" * len(term.values))
        return (
            f"e.position IN (SELECT position FROM attribute WHERE name = ? AND value IN ({marks}))",
            [term.name, *term.values],
        )
    column = COLUMN[term.field]
    if term.op is Op.IN:
        return f"{column} IN ({','.join('?' * len(term.values))})", list(term.values)
    if term.op is Op.EXISTS:
        return f"{column} IS NOT NULL", []
    compare = {Op.GE: ">=", Op.LT: "<"}[term.op]
    return f"{column} {compare} ?", [term.values[0]]


def _match(term: Term) -> tuple[str, list[Any]]:
    """MATCH_… terms: the objects by name or by prefix, in any of the roles."""
    objects: list[str] = []
    values: list[Any] = []
    names = [value for value in term.values if not isinstance(value, Pattern)]
    if names:
        objects.append(f"uri IN ({','.join('?' * len(names))})")
        values += names
    for value in term.values:
        if isinstance(value, Pattern):
            objects.append("(uri >= ? AND uri < ?)")
            values += [value.prefix, value.prefix + "\U0010ffff"]
    mask = 0
    for role in term.roles:
        mask |= ROLE_BIT[role]
    return (
        "e.position IN (SELECT p.position FROM posting p WHERE p.object IN"
        f" (SELECT id FROM object WHERE {' OR '.join(objects)}) AND p.roles & ?)",
        [*values, mask],
    )
