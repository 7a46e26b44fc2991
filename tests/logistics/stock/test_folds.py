"""The folds of items and lots as functions on values."""

from __future__ import annotations

import json
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.stock.account import PHYSICAL, Posting
from logistics.stock.condition import Change
from logistics.stock.item import fold_item
from logistics.stock.lot import Amount, LotBook
from logistics.stock.postings import Verb

SITES = st.sampled_from(["", "a", "b"])
CHANGES = st.builds(
    Change,
    st.sampled_from([(), ("recalled",)]),
    st.sampled_from([(), ("recalled",)]),
    st.sampled_from([None, "damaged", ""]),
)
POSTINGS = st.builds(
    lambda n, verb, step, origin, site, change: Posting(
        (n, 0, "", b"", ""), n, verb, step, origin, site, change
    ),
    st.integers(0, 99),
    st.sampled_from(list(Verb)),
    st.sampled_from(["one", "other"]),
    SITES,
    SITES,
    CHANGES,
)
AMOUNTS = st.builds(
    Amount,
    st.one_of(st.none(), st.decimals(0, 50, places=2)),
    st.sampled_from(["", "KGM"]),
    st.sampled_from(["", "", "pallet", "case"]),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(POSTINGS, max_size=12))
def test_an_item_is_at_most_once_in_a_physical_account_and_its_counts_add_up_to_zero(
    postings: list[Posting],
) -> None:
    fold = fold_item(postings)
    assert sum(fold.counts.values()) == 0
    physical = [count for (account, _, _), count in fold.counts.items() if account in PHYSICAL]
    assert physical in ([], [1])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(POSTINGS, AMOUNTS), max_size=15), st.integers(0, 15))
def test_a_book_adds_up_to_zero_for_each_unit_and_goes_on_from_where_it_was_kept(
    entries: list[tuple[Posting, Amount]], pause: int
) -> None:
    book, kept = LotBook(), LotBook()
    for number, (posting, amount) in enumerate(entries):
        if number == pause:
            kept = LotBook.from_json(json.loads(json.dumps(kept.to_json())))
        book.enter(posting, amount)
        kept.enter(posting, amount)
        counts = book.counts()
        for uom in ("", "KGM"):
            assert sum(count for key, count in counts.items() if key[3] == uom) == Decimal(0)
        assert all(count > 0 for key, count in counts.items() if key[0] in PHYSICAL)
    assert kept.counts() == book.counts()
