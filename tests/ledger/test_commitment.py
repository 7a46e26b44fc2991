"""The salted commitment: its exact definition, what a disclosed pair proves, and what it keeps to itself."""

from __future__ import annotations

import contextlib
import hmac
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import Body, ProofError, UnknownPath, commitment_root
from ledger.commitment import (
    body_commitments,
    body_commitments_twin,
    commitment_of_pair,
    commitment_root_twin,
    disclose,
    pair_hashes_twin,
    pair_salt,
)
from ledger.native import kernels
from tests.ledger.conftest import event

SALT = bytes(range(32))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
PAIRS = st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=40)

native = pytest.mark.skipif(kernels is None, reason="suyuan_native is not built or switched off")


def by_definition(salt: bytes, pairs: list[tuple[str, str]]) -> bytes:
    """The commitment written out once more, recursively as in RFC 6962 §2.1."""

    def leaf(index: int) -> bytes:
        path, value = (text.encode() for text in pairs[index])
        own = hmac.new(salt, b"\x13" + index.to_bytes(4, "big") + path, sha256).digest()
        return sha256(b"\x10" + own + len(path).to_bytes(4, "big") + path + value).digest()

    def tree(start: int, stop: int) -> bytes:
        if stop - start == 1:
            return leaf(start)
        split = 1
        while split * 2 < stop - start:
            split *= 2
        return sha256(b"\x11" + tree(start, start + split) + tree(start + split, stop)).digest()

    return sha256(b"\x12" + len(pairs).to_bytes(4, "big") + tree(0, len(pairs))).digest()


@given(st.binary(min_size=32, max_size=32), PAIRS)
def test_the_twin_follows_the_definition(salt: bytes, pairs: list[tuple[str, str]]) -> None:
    paths, values = zip(*pairs, strict=True)
    assert commitment_root_twin(salt, paths, values) == by_definition(salt, pairs)


@native
@given(st.binary(min_size=32, max_size=32), PAIRS)
def test_the_kernel_commits_as_its_twin(salt: bytes, pairs: list[tuple[str, str]]) -> None:
    paths, values = (list(column) for column in zip(*pairs, strict=True))
    assert kernels.commitment_root(salt, paths, values) == commitment_root_twin(salt, paths, values)  # type: ignore[union-attr]
    assert kernels.pair_hashes(salt, paths, values) == pair_hashes_twin(salt, paths, values)  # type: ignore[union-attr]


@native
@given(st.lists(st.tuples(st.integers(0, 99999), st.integers(1, 70), st.binary(max_size=70)), max_size=6))
def test_the_kernel_commits_to_whole_bodies_as_its_twin(parts: list[tuple[int, int, bytes]]) -> None:
    bodies = [
        Body(sha256(b"%d" % n).digest(), event(n, many), b'{"party":"x"}', sig) for n, many, sig in parts
    ]
    assert body_commitments(bodies) == body_commitments_twin(bodies)


@native
def test_a_batch_large_enough_for_several_threads_keeps_its_order() -> None:
    bodies = [Body(sha256(b"%d" % n).digest(), event(n, 65), b"{}") for n in range(301)]
    assert body_commitments(bodies) == body_commitments_twin(bodies)


@pytest.mark.parametrize("commit", [commitment_root, commitment_root_twin])
@pytest.mark.parametrize(
    ("salt", "paths", "values"), [(b"short", ["a"], ["1"]), (SALT, [], []), (SALT, ["a", "b"], ["1"])]
)
def test_wrong_salts_and_uneven_pairs_are_refused(
    commit: object, salt: bytes, paths: list[str], values: list[str]
) -> None:
    with pytest.raises(ValueError):
        commit(salt, paths, values)  # type: ignore[operator]


@given(st.integers(1, 70), st.data())
def test_every_disclosed_pair_leads_to_the_commitment(epcs: int, data: st.DataObject) -> None:
    body = Body(SALT, event(1, epcs), b'{"party":"x"}')
    wanted = data.draw(
        st.sets(st.sampled_from([f"/epcList/{n}" for n in range(epcs)] + ["#/party", "/type"]))
    )
    count, pairs = disclose(body, sorted(wanted))
    assert {pair.path for pair in pairs} == wanted
    (commitment,) = body_commitments([body])
    assert all(commitment_of_pair(pair, count) == commitment for pair in pairs)


def test_the_number_of_pairs_is_bound() -> None:
    body = Body(SALT, event(1, 65), b"{}")
    count, (pair,) = disclose(body, ["/epcList/7"])
    (commitment,) = body_commitments([body])
    for wrong in (count - 1, count + 1, 2**31):
        with contextlib.suppress(ProofError):  # its path would have another length
            assert commitment_of_pair(pair, wrong) != commitment


def test_a_signature_is_bound_and_can_be_shown() -> None:
    signed = Body(SALT, b'{"a":1}', b"{}", b"\xab\xcd")
    assert body_commitments([signed]) != body_commitments([Body(SALT, b'{"a":1}', b"{}")])
    _, (pair,) = disclose(signed, ["@signature"])
    assert pair.value == '"abcd"'


def test_received_and_meta_cannot_be_taken_for_one_another() -> None:
    one = Body(SALT, b'{"party":"x"}', b"{}")
    other = Body(SALT, b"{}", b'{"party":"x"}')
    assert body_commitments([one]) != body_commitments([other])


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(UnknownPath, match="/epcList/65"):
        disclose(Body(SALT, event(1, 65), b"{}"), ["/epcList/65"])


def test_the_salt_of_a_pair_tells_nothing_of_the_salts_of_its_siblings() -> None:
    salts = {pair_salt(SALT, index, path) for index in range(50) for path in ("/a", "/b")}
    assert len(salts) == 100
    assert SALT not in salts


def test_equal_values_in_two_events_have_unequal_hashes() -> None:
    first = pair_hashes_twin(sha256(b"1").digest(), ["/a", "/b"], ["1", "1"])
    second = pair_hashes_twin(sha256(b"2").digest(), ["/a", "/b"], ["1", "1"])
    assert len({*first, *second}) == 4
