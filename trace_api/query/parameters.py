"""SimpleEventQuery parameters as they stand in a URL, read into the query model.

Parameters are ANDed, the values of one ORed (EPCIS 2.0 §8.2.7.1). A list is given by repeating the parameter
or by commas; a comma inside an identifier is no separator unless a new identifier begins behind it.
An unknown parameter, or a value that is not of its form, is an error that names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from foundation.epcis import Action, EventType, instant
from foundation.epcis.vocabulary import (
    BIZ_STEP,
    BIZ_TRANSACTION_TYPE,
    DISPOSITION,
    ERROR_REASON,
    SOURCE_DEST_TYPE,
)
from foundation.gs1 import Gs1Error, Level, canonical_or_opaque, parse
from trace_api.errors import QueryParameterError
from trace_api.query.model import EventQuery, Field, Op, Pattern, Role, Term, Value

__all__ = ["LARGEST_PAGE", "PAGING", "read_paging", "read_parameters"]

MAX_VALUES = 1000
MAX_TERMS = 100
MAX_VALUES_IN_ALL = 5000
MAX_PATTERNS = 50
PAGING = ("perPage", "nextPageToken")
DEFAULT_PAGE = 30
LARGEST_PAGE = 1000
LONGEST_TOKEN = 1000

# A comma separates identifiers where what follows it looks like a new one.
IDENTIFIER_COMMA = re.compile(r",(?=(?:[a-z][a-z0-9+.-]*:|\())", re.IGNORECASE)

MATCH_ROLES: Mapping[str, tuple[Role, ...]] = {
    "MATCH_epc": (Role.EPC,),
    "MATCH_parentID": (Role.PARENT,),
    "MATCH_inputEPC": (Role.INPUT,),
    "MATCH_outputEPC": (Role.OUTPUT,),
    "MATCH_anyEPC": (Role.EPC, Role.PARENT, Role.INPUT, Role.OUTPUT),
    "MATCH_epcClass": (Role.QUANTITY,),
    "MATCH_inputEPCClass": (Role.INPUT_QUANTITY,),
    "MATCH_outputEPCClass": (Role.OUTPUT_QUANTITY,),
    "MATCH_anyEPCClass": (Role.QUANTITY, Role.INPUT_QUANTITY, Role.OUTPUT_QUANTITY),
}
TIMES = {
    "GE_eventTime": (Field.EVENT_TIME, Op.GE),
    "LT_eventTime": (Field.EVENT_TIME, Op.LT),
    "GE_recordTime": (Field.RECORD_TIME, Op.GE),
    "LT_recordTime": (Field.RECORD_TIME, Op.LT),
}
PLACES = {"EQ_readPoint": Field.READ_POINT, "EQ_bizLocation": Field.BIZ_LOCATION}
ATTRIBUTES: Mapping[str, tuple[str, Callable[[str], str]]] = {
    "EQ_persistentDisposition_set": ("persistentDisposition:set", DISPOSITION.word),
    "EQ_persistentDisposition_unset": ("persistentDisposition:unset", DISPOSITION.word),
    "EQ_errorReason": ("errorReason", ERROR_REASON.word),
    "EQ_correctiveEventID": ("correctiveEventID", str),
}
EXISTS = ("", "true", "null", "1")
"""EPCIS 2.0 §8.2.7.1: EXISTS_ parameters have a void value; the REST binding writes true."""
TYPED = re.compile(r"EQ_(bizTransaction|source|destination)_(.+)")
ORDER = {"eventTime": Field.EVENT_TIME, "recordTime": Field.RECORD_TIME}


def read_parameters(given: Iterable[tuple[str, str]]) -> EventQuery:
    """Read a query.

    Args:
        given: (name, value) pairs as they stand in the URL, percent-decoded; paging parameters are passed over.

    Raises:
        QueryParameterError: names the parameter and says what was expected.

    >>> read_parameters([("EQ_bizStep", "shipping,receiving")]).terms[0].values
    ('shipping', 'receiving')
    """
    lists: dict[str, list[str]] = {}
    for name, value in given:
        if name not in PAGING:
            lists.setdefault(name, []).append(value)
    terms: list[Term] = []
    for name, values in lists.items():
        if name not in CONTROLS:
            terms.append(_term(name, values))
    _check_size(terms)
    return _controlled(tuple(terms), lists)


def read_paging(given: Iterable[tuple[str, str]]) -> tuple[int, str | None]:
    """The events wanted on a page, and the paging token.

    Raises:
        QueryParameterError: one of them is not of its form, or is given twice.

    >>> read_paging([("perPage", "5"), ("EQ_action", "ADD")])
    (5, None)
    """
    lists: dict[str, list[str]] = {}
    for name, value in given:
        if name in PAGING:
            lists.setdefault(name, []).append(value)
    size, token = DEFAULT_PAGE, None
    if "perPage" in lists:
        text = _single("perPage", lists["perPage"])
        if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= LARGEST_PAGE:
            raise QueryParameterError(
                f"perPage={text[:40]!r}: a whole number from 1 to {LARGEST_PAGE} is expected"
            )
        size = int(text)
    if "nextPageToken" in lists:
        token = _single("nextPageToken", lists["nextPageToken"])
        if not token or len(token) > LONGEST_TOKEN:
            raise QueryParameterError("nextPageToken is not one that this server gave")
    return size, token


def _check_size(terms: Sequence[Term]) -> None:
    """Each parameter has its own limit; this is what one query may ask for in all."""
    if len(terms) > MAX_TERMS:
        raise QueryParameterError(f"{len(terms)} query parameters; this server takes {MAX_TERMS}")
    values = sum(len(term.values) for term in terms)
    if values > MAX_VALUES_IN_ALL:
        raise QueryParameterError(
            f"{values} values in all; this server takes {MAX_VALUES_IN_ALL} in one query"
        )
    patterns = sum(isinstance(value, Pattern) for term in terms for value in term.values)
    if patterns > MAX_PATTERNS:
        raise QueryParameterError(f"{patterns} idpat patterns; this server takes {MAX_PATTERNS} in one query")


CONTROLS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")


def _controlled(terms: tuple[Term, ...], lists: Mapping[str, list[str]]) -> EventQuery:
    order_by = descending = None
    if "orderBy" in lists:
        word = _single("orderBy", lists["orderBy"])
        order_by = ORDER.get(word)
        if order_by is None:
            raise QueryParameterError(f"orderBy={word!r}: this server orders by eventTime or recordTime")
    if "orderDirection" in lists:
        word = _single("orderDirection", lists["orderDirection"])
        if word not in ("ASC", "DESC"):
            raise QueryParameterError(f"orderDirection={word!r}: ASC or DESC is expected")
        descending = word == "DESC"
    limit = _count("eventCountLimit", lists)
    most = _count("maxEventCount", lists)
    if limit is not None and most is not None:
        raise QueryParameterError("eventCountLimit and maxEventCount exclude each other (EPCIS 2.0 §8.2.7.1)")
    if limit is not None and order_by is None:
        raise QueryParameterError("eventCountLimit needs orderBy (EPCIS 2.0 §8.2.7.1)")
    return EventQuery(terms, order_by, True if descending is None else descending, limit, most)


def _count(name: str, lists: Mapping[str, list[str]]) -> int | None:
    if name not in lists:
        return None
    text = _single(name, lists[name])
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise QueryParameterError(f"{name}={text!r}: a whole number from 1 to 999999999 is expected")
    return int(text)


def _single(name: str, values: list[str]) -> str:
    if len(values) != 1:
        raise QueryParameterError(f"{name} is given {len(values)} times; it takes one value")
    return values[0]


def _term(name: str, values: list[str]) -> Term:
    if name == "eventType":
        return Term(Field.EVENT_TYPE, Op.IN, _words(name, values, _one_of(EventType)))
    if name == "EQ_action":
        return Term(Field.ACTION, Op.IN, _words(name, values, _one_of(Action)))
    if name in TIMES:
        field, op = TIMES[name]
        return Term(field, op, (_time(name, _single(name, values)),))
    if name == "EQ_bizStep":
        return Term(Field.BIZ_STEP, Op.IN, _words(name, values, BIZ_STEP.word))
    if name == "EQ_disposition":
        return Term(Field.DISPOSITION, Op.IN, _words(name, values, DISPOSITION.word))
    if name in PLACES:
        return Term(
            PLACES[name], Op.IN, _identifiers(name, values, lambda text: canonical_or_opaque(text)[0])
        )
    if name == "EQ_transformationID":
        return Term(Field.TRANSFORMATION_ID, Op.IN, _identifiers(name, values, str))
    if name == "EQ_eventID":
        return Term(Field.EVENT_ID, Op.IN, _identifiers(name, values, str))
    if name == "EXISTS_errorDeclaration":
        word = _single(name, values)
        if word not in EXISTS:
            raise QueryParameterError(
                f"{name}={word!r}: it asks that there is one and takes no value (or true); for events without"
                " an error declaration there is no parameter"
            )
        return Term(Field.IS_DECLARATION, Op.EXISTS, ())
    if name in MATCH_ROLES:
        return Term(Field.MATCH, Op.IN, _identifiers(name, values, _object(name)), roles=MATCH_ROLES[name])
    if name in ATTRIBUTES:
        attribute, read = ATTRIBUTES[name]
        return Term(Field.ATTRIBUTE, Op.IN, _words(name, values, read), name=attribute)
    typed = TYPED.fullmatch(name)
    if typed is not None:
        kind, type_text = typed.groups()
        if kind == "bizTransaction":
            attribute = f"bizTransaction:{BIZ_TRANSACTION_TYPE.word(type_text)}"
            return Term(Field.ATTRIBUTE, Op.IN, _identifiers(name, values, str), name=attribute)
        found = _identifiers(name, values, lambda text: canonical_or_opaque(text)[0])
        return Term(Field.ATTRIBUTE, Op.IN, found, name=f"{kind}:{SOURCE_DEST_TYPE.word(type_text)}")
    raise QueryParameterError(f"{name}: this server knows no such query parameter")


def _one_of(words: type[EventType] | type[Action]) -> Callable[[str], str]:
    known = {str(word) for word in words}

    def check(text: str) -> str:
        if text not in known:
            raise ValueError(f"one of {', '.join(sorted(known))} is expected")
        return text

    return check


def _words(name: str, values: list[str], read: Callable[[str], str]) -> tuple[Value, ...]:
    return _read(name, (word for value in values for word in re.split(r",(?!\s)", value)), read)


def _identifiers(name: str, values: list[str], read: Callable[[str], Value]) -> tuple[Value, ...]:
    return _read(name, (word for value in values for word in IDENTIFIER_COMMA.split(value)), read)


def _read(name: str, words: Iterable[str], read: Callable[[str], Value]) -> tuple[Value, ...]:
    found: list[Value] = []
    for word in words:
        if not word:
            raise QueryParameterError(f"{name} has an empty value")
        try:
            found.append(read(word))
        except ValueError as fault:
            raise QueryParameterError(f"{name}={word!r}: {fault}") from fault
    if len(found) > MAX_VALUES:
        raise QueryParameterError(f"{name} has {len(found)} values; this server takes {MAX_VALUES}")
    return tuple(found)


def _time(name: str, text: str) -> int:
    try:
        return instant(text)
    except ValueError as fault:
        # A plus sign of an offset arrives as a space when a client forgets to percent-encode it.
        raise QueryParameterError(f"{name}={text!r}: {fault}") from fault


def _object(name: str) -> Callable[[str], Value]:
    """Identifiers of a MATCH parameter: canonical, or all instances of a class (an idpat of its serials)."""
    of_class = name.endswith("Class")

    def read(text: str) -> Value:
        try:
            identity = parse(text)
        except Gs1Error:
            return canonical_or_opaque(text)[0]
        if identity.level is not Level.CLASS or of_class or not text.startswith("urn:epc:idpat:"):
            return identity.uri
        if identity.uri.startswith("https://id.gs1.org/01/"):
            return Pattern(identity.uri + "/21/")
        return Pattern(identity.uri)

    return read
