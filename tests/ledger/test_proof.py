"""Proof bundles: what they show, in words; what they keep to themselves; and that no forgery passes."""

from __future__ import annotations

import base64
import dataclasses
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import (
    BodyErased,
    FileStorage,
    Kind,
    Log,
    NoteSigner,
    ProofBundle,
    ProofError,
    Statement,
    UnknownPath,
    cosign,
    verifier_key,
    verify_bundle,
)
from ledger.commitment import pair_hash, pair_node, pair_salt
from tests.ledger.conftest import ORIGIN, PARTY, event, statement, statements

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
TRUSTED = [verifier_key(KEY, ORIGIN)]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Log:
    log = Log.open(FileStorage(tmp_path_factory.mktemp("proofs")), KEY, ORIGIN, lambda: 1_760_000_000_000_000)
    log.append([*statements(20), statement(500, epcs=65), *statements(279, 20)])
    return log


@pytest.fixture(scope="module")
def bundle(filled: Log) -> bytes:
    return filled.bundle(20, ["/epcList/17", "#/party"]).to_json()


def test_a_bundle_says_in_words_what_it_shows(bundle: bytes) -> None:
    shown = verify_bundle(bundle, TRUSTED)
    assert shown.words == (
        "The log trace.example/log holds an event by https://id.gs1.org/417/9506000134352"
        " since 2025-10-09T08:53:20.000000Z (entry 20 of 300)."
        " Of the 70 values of this statement, 2 are shown:"
        ' /epcList/17 is "urn:epc:id:sgtin:9506000.013435.00500017";'
        ' #/party is "https://id.gs1.org/417/9506000134352".'
    )
    assert (shown.origin, shown.size, shown.position, shown.kind) == (ORIGIN, 300, 20, Kind.EVENT)
    assert (shown.record_time, shown.party) == (1_760_000_000_000_000, PARTY)
    assert shown.value("/epcList/17") == "urn:epc:id:sgtin:9506000.013435.00500017"
    assert shown.value("/epcList/18") is None


def test_without_the_party_the_words_do_not_name_one(filled: Log) -> None:
    shown = verify_bundle(filled.bundle(20, ["/type"]).to_json(), TRUSTED)
    assert shown.party is None
    assert "by a party that is not disclosed" in shown.words


def test_a_bundle_for_one_item_of_65_reveals_no_sibling(filled: Log, bundle: bytes) -> None:
    body = filled.entry(20).opened()
    stated = json.loads(body.received)
    for index, epc in enumerate(stated["epcList"]):
        assert (epc.encode() in bundle) == (index == 17)
    assert b"shipping" not in bundle
    assert base64.b64encode(body.salt) not in bundle
    # Nor can a sibling be guessed: whoever tries it with what is disclosed finds it nowhere.
    read = ProofBundle.from_json(bundle)
    salts = {pair.salt for pair in read.pairs}
    handed_out = {step for pair in read.pairs for step in pair.audit_path} | salts
    guesses = set()
    for index, (path, value) in enumerate(filled.pairs(20)):
        for salt in salts:
            guesses |= {pair_hash(salt, path, value), pair_hash(pair_salt(salt, index, path), path, value)}
    guesses |= {
        pair_node(left, right)
        for left, right in itertools.islice(itertools.product(guesses, guesses), 20_000)
    }
    disclosed = {pair_hash(pair.salt, pair.path, pair.value) for pair in read.pairs}
    assert not (guesses & handed_out) - disclosed


def test_bundles_of_two_events_about_the_same_things_share_no_hash(filled: Log) -> None:
    twins = [statement(900, epcs=65), statement(900, epcs=65)]
    first = filled.append(twins).first
    one, other = (filled.bundle(position, ["/type"]) for position in (first, first + 1))
    assert one.pairs[0].salt != other.pairs[0].salt
    assert not set(one.pairs[0].audit_path) & set(other.pairs[0].audit_path)


def test_every_value_of_a_statement_can_be_shown(filled: Log) -> None:
    paths = [path for path, _ in filled.pairs(20)]
    shown = verify_bundle(filled.bundle(20, paths).to_json(), TRUSTED)
    assert list(shown.pairs) == filled.pairs(20)


def test_numbers_are_shown_as_received(filled: Log) -> None:
    first = filled.append([Statement(Kind.EVENT, b'{"quantity": 1.50}', {})]).first
    shown = verify_bundle(filled.bundle(first, ["/quantity"]).to_json(), TRUSTED)
    assert shown.pairs == (("/quantity", "1.50"),)


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_bit_of_a_bundle_can_be_changed(bundle: bytes, data: st.DataObject) -> None:
    bit = data.draw(st.integers(0, len(bundle) * 8 - 1))
    forged = bytearray(bundle)
    forged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ProofError):
        verify_bundle(bytes(forged), TRUSTED)


def test_no_byte_of_a_bundle_can_be_left_out_or_doubled(bundle: bytes) -> None:
    for at in range(0, len(bundle), 3):
        for forged in (bundle[:at] + bundle[at + 1 :], bundle[:at] + bundle[at : at + 1] + bundle[at:]):
            if forged != bundle:
                with pytest.raises(ProofError):
                    verify_bundle(forged, TRUSTED)


def test_keys_are_pinned_never_taken_from_the_bundle(bundle: bytes) -> None:
    for trusted in ([], [verifier_key(Ed25519PrivateKey.generate(), ORIGIN)], [verifier_key(KEY, "other")]):
        with pytest.raises(ProofError, match="not signed by a trusted key"):
            verify_bundle(bundle, trusted)


def test_a_forgers_own_log_does_not_verify(tmp_path: Path) -> None:
    forger = Ed25519PrivateKey.generate()
    with Log.open(FileStorage(tmp_path / "forged"), forger, ORIGIN, lambda: 1) as log:
        log.append([statement(1)])
        forged = log.bundle(0, ["#/party"]).to_json()
    verify_bundle(forged, [verifier_key(forger, ORIGIN)])  # it is sound in itself
    with pytest.raises(ProofError, match="not signed by a trusted key"):
        verify_bundle(forged, TRUSTED)


def test_a_fork_under_the_true_checkpoint_does_not_verify(filled: Log, tmp_path: Path) -> None:
    with Log.open(FileStorage(tmp_path / "fork"), KEY, ORIGIN, lambda: 1) as fork:
        fork.append(statements(300))
        forked = fork.bundle(20, ["#/party"])
    genuine = filled.bundle(20, ["#/party"])
    for forged in (
        dataclasses.replace(forked, checkpoint=genuine.checkpoint),
        dataclasses.replace(genuine, header=forked.header),
        dataclasses.replace(genuine, pairs=forked.pairs),
        dataclasses.replace(genuine, inclusion=forked.inclusion),
        dataclasses.replace(genuine, position=21),
        dataclasses.replace(genuine, pair_count=genuine.pair_count + 1),
        dataclasses.replace(genuine, pair_count=2**40),
    ):
        with pytest.raises(ProofError):
            verify_bundle(forged.to_json(), TRUSTED)


def _with(bundle: bytes, **changed: Any) -> bytes:
    return json.dumps({**json.loads(bundle), **changed}, separators=(",", ":"), ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"type": "other"}, "not a suyuan-proof of version 1"),
        ({"version": 2}, "not a suyuan-proof of version 1"),
        ({"version": True}, "one spelling"),
        ({"extra": 1}, "exactly the members"),
        ({"position": -1}, "whole number"),
        ({"position": 2**63}, "whole number"),
        ({"position": True}, "whole number"),
        ({"position": "20"}, "whole number"),
        ({"header": "AQ"}, "base64"),
        ({"header": base64.b64encode(b"\x09" * 62).decode()}, "version 9"),
        ({"header": 7}, "text"),
        ({"pairs": []}, "discloses nothing"),
        ({"pairs": [7]}, "pair 0 must be an object"),
        ({"pairs": 7}, "must be a list"),
        ({"inclusion": ["AAAA"]}, "32 bytes"),
        ({"inclusion": ["AAAA"] * 65}, "list of at most 64"),
        ({"inclusion": []}, "shorter than leaf 20 of 300 needs"),
        ({"checkpoint": "x"}, "signature lines"),
        ({"checkpoint": "\ud800"}, "lone surrogate"),
    ],
)
def test_malformed_bundles_are_refused_in_words(bundle: bytes, changed: dict[str, Any], message: str) -> None:
    text = _with(bundle, **changed) if changed != {"checkpoint": "\ud800"} else None
    if text is None:
        text = json.dumps({**json.loads(bundle), **changed}, separators=(",", ":")).encode()
    with pytest.raises(ProofError, match=message):
        verify_bundle(text, TRUSTED)


def test_pairs_twice_or_out_of_order_are_refused(filled: Log) -> None:
    genuine = filled.bundle(20, ["/type", "#/party"])
    first, second = genuine.pairs
    for pairs in ((second, first), (first, first)):
        with pytest.raises(ProofError, match="ascending and distinct"):
            verify_bundle(dataclasses.replace(genuine, pairs=pairs).to_json(), TRUSTED)


def test_the_same_bundle_in_another_spelling_is_refused(bundle: bytes) -> None:
    for other in (json.dumps(json.loads(bundle)).encode(), bundle + b"\n", b" " + bundle):
        with pytest.raises(ProofError, match="one spelling"):
            verify_bundle(other, TRUSTED)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[" * 200_000, b"{}", b"\xff", b"1" * 10_000, b"x" * (9 << 20)]
)
def test_hostile_texts_are_refused_and_do_no_harm(data: bytes) -> None:
    with pytest.raises(ProofError):
        verify_bundle(data, TRUSTED)


@given(st.binary(max_size=200))
def test_anything_at_all_is_a_proof_error_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(ProofError):
        verify_bundle(data, TRUSTED)


def test_members_and_witnesses_that_cosigned_are_named(filled: Log) -> None:
    plain = filled.bundle(20, ["#/party"])
    text = plain.checkpoint.decode().partition("\n\n")[0] + "\n"
    member = NoteSigner("regulator.example", Ed25519PrivateKey.generate())
    note = plain.checkpoint + member.signature_line(text).encode()
    note, witness = cosign(note, "witness.example", Ed25519PrivateKey.generate(), 1_760_000_100)
    cosigned = dataclasses.replace(plain, checkpoint=note).to_json()
    trusted = [*TRUSTED, member.verifier_key(), witness]
    shown = verify_bundle(cosigned, trusted, witnesses_needed=2)
    assert shown.cosigners == ("regulator.example",)
    assert shown.witnesses == (("witness.example", 1_760_000_100),)
    assert "cosigned by witness.example at 2025-10-09T08:55:00.000000Z, regulator.example" in shown.words
    with pytest.raises(ProofError, match="2 known witnesses must have signed the checkpoint, 1 have"):
        verify_bundle(cosigned, trusted[:-1], witnesses_needed=2)


def test_a_path_that_is_not_there_gives_no_bundle(filled: Log) -> None:
    with pytest.raises(UnknownPath, match="/epcList/65"):
        filled.bundle(20, ["/epcList/65"])


def test_an_erased_entry_gives_no_bundle_and_older_bundles_still_verify(tmp_path: Path) -> None:
    with Log.open(FileStorage(tmp_path / "log"), KEY, ORIGIN, lambda: 1) as log:
        log.append([Statement(Kind.EVENT, event(1), {"party": PARTY})])
        held = log.bundle(0, ["/type"]).to_json()
        log.erase(0, "court order")
        with pytest.raises(BodyErased):
            log.bundle(0, ["/type"])
    verify_bundle(held, TRUSTED)
