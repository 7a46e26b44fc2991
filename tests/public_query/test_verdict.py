"""Each rule of the verdict, their precedence, and what no evidence can ever bring about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.gs1 import Identity, Level, parse
from foundation.web import Text, same
from public_query import (
    PRECEDENCE,
    Anomaly,
    AnomalyKind,
    Commissioning,
    Dispute,
    DisputeKind,
    Ended,
    EndKind,
    Outcome,
    ProductEvidence,
    Recall,
    Sale,
    SaleKind,
    Subject,
    Verdict,
    decide,
    subject_of,
)
from tests.public_query.cases import (
    BEIJING,
    CAPSULE_CHAIN,
    CAPSULES,
    DEPOT,
    DESTROYED,
    DISPUTES,
    GTIN,
    MADE,
    NOW,
    RECALL,
    SALE,
    STRANGER,
    evidence_of,
    identity,
    item,
    us,
)

PACK = identity(item("genuine"))
LOT = identity(f"/01/{GTIN}/10/A260302")
PRODUCT = identity(f"/01/{GTIN}")
NO_PRODUCTS = [
    "(00)106141412345678908",
    "(253)9506000134352DOC1",
    "(255)9506000134352123",
    "(401)9506000134352A",
    "(402)95060001343520000",
    "(8003)09506000134352A1",
    "(8004)9506000134352A1",
    "(8017)950600013435200008",
    "(8018)950600013435200008",
    "(415)9506000134352(8020)A1",
    "urn:epc:id:bic:CSQU3054383",
    "urn:epc:id:imovn:9176187",
    "urn:epc:id:gid:952056.2718.1414",
    "urn:uuid:5b6f1c3a-0001-4d7e-9a51-6a1d2f0e7c01",
    "https://example.com/pallet/7",
]


def judge(**changes: object) -> Verdict:
    return decide(evidence_of(PACK, **changes), BEIJING)


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def test_an_item_made_by_the_owner_of_its_number_is_genuine() -> None:
    verdict = judge()
    assert verdict.outcome is Outcome.GENUINE
    assert verdict.heading == Text(zh="正品", en="Genuine")
    assert codes(verdict) == ["made_by_owner", "no_recall", "no_contradiction", "not_sold"]
    assert verdict.event_ids == (MADE.event_id,)


def test_an_item_made_by_a_stranger_is_suspect_and_says_who() -> None:
    verdict = judge(commissionings=(STRANGER,))
    assert verdict.outcome is Outcome.SUSPECT
    assert verdict.reasons[0].code == "made_by_stranger"
    assert "does not own its number" in verdict.lead.en
    assert "无名商贸" in verdict.reasons[0].text.zh
    assert "Nameless Trading" in verdict.reasons[0].text.en
    assert verdict.reasons[0].event_ids == (STRANGER.event_id,)


def test_a_stranger_beside_the_owner_is_a_remark_and_harms_nobody() -> None:
    verdict = judge(commissionings=(MADE, STRANGER))
    assert verdict.outcome is Outcome.GENUINE
    assert codes(verdict)[-1] == "made_by_another"
    assert "does not own the number and is not counted" in verdict.reasons[-1].text.en
    assert verdict.event_ids == (MADE.event_id,), "the verdict does not rest on the stranger's word"


def test_what_outsiders_say_is_told_last_and_changes_nothing() -> None:
    verdict = judge(disputed=DISPUTES)
    assert verdict.outcome is Outcome.GENUINE
    assert codes(verdict)[-3:] == ["not_sold", "made_by_another", "statements_left_out"]
    assert verdict.reasons[-1].text.en.startswith("3 statements by companies outside this item's chain")
    assert "3 条" in verdict.reasons[-1].text.zh
    assert verdict.reasons[-1].speaks_for is None


def test_one_statement_left_out_is_told_in_the_singular_and_none_not_at_all() -> None:
    left_out = replace(DISPUTES[1], count=1)
    assert judge(disputed=(left_out,)).reasons[-1].text.en.startswith("One statement by a company")
    assert judge(disputed=(replace(left_out, count=0),)) == judge()


def test_an_item_of_which_only_outsiders_speak_is_unknown_and_says_so() -> None:
    verdict = decide(ProductEvidence(identity=PACK, checked_at=NOW, disputed=DISPUTES), BEIJING)
    assert verdict.outcome is Outcome.UNKNOWN
    assert codes(verdict)[0] == "only_outsiders"


@pytest.mark.parametrize("kind", EndKind)
def test_an_item_whose_own_chain_ended_it_is_taken_out_of_use(kind: EndKind) -> None:
    verdict = judge(ended=replace(DESTROYED, kind=kind))
    assert verdict.outcome is Outcome.ENDED
    assert verdict.heading == Text(zh="已退出流通", en="Taken out of use")
    assert verdict.reasons[0].code == f"ended.{kind.value}"
    assert "15 May 2026" in verdict.reasons[0].text.en
    assert "2026年5月15日" in verdict.lead.zh
    assert ("stolen" in verdict.lead.en) == (kind is EndKind.STOLEN)
    assert verdict.event_ids[0] == DESTROYED.event_id
    assert "no_recall" not in codes(verdict)


def test_a_recall_a_contradiction_and_no_making_come_before_an_end_a_date_and_a_sale_after_it() -> None:
    two_places = Anomaly(AnomalyKind.TWO_PLACES, NOW)
    assert judge(ended=DESTROYED, recalls=(RECALL,)).outcome is Outcome.RECALLED
    assert judge(ended=DESTROYED, anomalies=(two_places,)).outcome is Outcome.SUSPECT
    assert judge(ended=DESTROYED, commissionings=()).outcome is Outcome.UNKNOWN
    verdict = judge(ended=DESTROYED, expiry_date=date(2026, 1, 1), sales=(SALE,))
    assert verdict.outcome is Outcome.ENDED
    assert codes(verdict) == ["ended.destroyed", "expired", "dispensed_once", "made_by_owner"]


def test_no_recall_promises_no_more_than_was_looked_at() -> None:
    (said,) = [reason.text for reason in judge().reasons if reason.code == "no_recall"]
    assert said.en == "No recall of this item, its batch or its product is recorded here."
    assert "召回记录" in said.zh


def test_a_recall_comes_first_and_the_other_findings_are_told_all_the_same() -> None:
    verdict = judge(recalls=(RECALL,), sales=(SALE,), commissionings=(MADE, STRANGER))
    assert verdict.outcome is Outcome.RECALLED
    assert codes(verdict) == ["recalled", "dispensed_once", "made_by_owner", "made_by_another"]
    assert verdict.reasons[0].text.en.endswith("issued a recall on 18 May 2026.")
    assert verdict.reasons[0].text.zh == "青岚药业有限公司于2026年5月18日发布召回。"


@pytest.mark.parametrize("kind", AnomalyKind)
def test_every_kind_of_contradiction_makes_it_suspect_in_words(kind: AnomalyKind) -> None:
    verdict = judge(anomalies=(Anomaly(kind, us("2026-05-02T20:00"), ("urn:uuid:a", "urn:uuid:b")),))
    assert verdict.outcome is Outcome.SUSPECT
    assert verdict.reasons[0].event_ids == ("urn:uuid:a", "urn:uuid:b")
    assert verdict.reasons[0].text.zh
    if kind is not AnomalyKind.OTHER:
        assert "2026年5月3日" in verdict.reasons[0].text.zh, "the day is the site's, not UTC's"


def test_sold_once_is_told_neutrally_with_its_date() -> None:
    verdict = judge(sales=(replace(SALE, kind=SaleKind.SOLD),))
    assert verdict.outcome is Outcome.SOLD
    assert verdict.heading.en == "Already sold"
    assert "sold on 12 May 2026" in verdict.lead.en
    assert "2026年5月12日" in verdict.lead.zh


def test_dispensed_is_told_as_dispensed() -> None:
    verdict = judge(sales=(SALE,))
    assert verdict.outcome is Outcome.SOLD
    assert verdict.heading.zh == "已发药"
    assert "dispensed on 12 May 2026" in verdict.lead.en


def test_sold_twice_breaks_the_sold_once_rule() -> None:
    again = replace(SALE, event_id="urn:uuid:again")
    verdict = judge(sales=(SALE, again))
    assert verdict.outcome is Outcome.SUSPECT
    assert verdict.reasons[0].code == "sold_repeatedly"
    assert verdict.reasons[0].event_ids == (SALE.event_id, "urn:uuid:again")


@pytest.mark.parametrize(
    ("checked", "expected"),
    [
        ("2026-05-19T15:59:59.999999", Outcome.GENUINE),  # 23:59:59.999999 in Beijing: still its last day
        ("2026-05-19T16:00:00", Outcome.EXPIRED),
    ],
)
def test_an_item_may_be_used_until_its_expiry_day_ends_at_the_site(checked: str, expected: Outcome) -> None:
    assert judge(expiry_date=date(2026, 5, 19), checked_at=us(checked)).outcome is expected


def test_a_best_before_date_that_has_passed_is_a_remark_and_no_verdict() -> None:
    verdict = judge(best_before=date(2026, 1, 1))
    assert verdict.outcome is Outcome.GENUINE
    assert "best_before_passed" in codes(verdict)


def test_no_record_is_unknown_and_never_called_fake() -> None:
    verdict = decide(ProductEvidence(identity=PACK, checked_at=NOW), BEIJING)
    assert verdict.outcome is Outcome.UNKNOWN
    assert codes(verdict) == ["no_record"]
    for said in (verdict.heading, verdict.lead, verdict.reasons[0].text):
        assert not {"fake", "counterfeit"} & set(said.en.lower().split())
        assert "假" not in said.zh


def test_an_item_of_a_known_product_of_which_nothing_is_recorded_has_no_record() -> None:
    verdict = judge(commissionings=(), chain=(), recalls=(), sales=())
    assert verdict.outcome is Outcome.UNKNOWN
    assert "no_record" in codes(verdict)


def test_an_item_that_was_seen_but_never_made_is_unknown_even_when_sold() -> None:
    verdict = judge(commissionings=(), sales=(SALE,))
    assert verdict.outcome is Outcome.UNKNOWN
    assert codes(verdict) == ["never_made", "dispensed_once"]


@pytest.mark.parametrize(("which", "heading"), [(LOT, "Batch information"), (PRODUCT, "Product information")])
def test_a_lot_or_a_product_number_gives_information_and_no_verdict_on_the_item(
    which: Identity, heading: str
) -> None:
    verdict = decide(evidence_of(which, serial=None), BEIJING)
    assert verdict.outcome is Outcome.BATCH_ONLY
    assert verdict.heading.en == heading
    assert "genuine" in verdict.lead.en


def test_a_recalled_lot_is_recalled() -> None:
    verdict = decide(evidence_of(LOT, recalls=(RECALL,)), BEIJING)
    assert verdict.outcome is Outcome.RECALLED
    assert "batch" in verdict.lead.en


@pytest.mark.parametrize(
    ("path", "heading"), [("/414/9506000134352", "A place"), ("/417/9506000134352", "An organisation")]
)
def test_places_and_parties_are_named_as_what_they_are(path: str, heading: str) -> None:
    silent = ProductEvidence(identity=identity(path), checked_at=NOW, chain=CAPSULE_CHAIN[:1])
    assert decide(silent, BEIJING).heading.en == heading
    assert codes(decide(silent, BEIJING)) == ["nothing_published"]
    assert codes(decide(replace(silent, site=DEPOT), BEIJING)) == ["published_by_owner"]


@pytest.mark.parametrize("code", NO_PRODUCTS)
def test_a_code_of_no_product_says_its_kind_and_the_same_whatever_is_recorded(code: str) -> None:
    named = parse(code)
    verdict = decide(ProductEvidence(identity=named, checked_at=NOW), BEIJING)
    assert verdict.outcome is Outcome.NOT_A_PRODUCT
    assert verdict.heading == Text(zh="非商品编码", en="Not a product code")
    assert "shown only to those" in verdict.lead.en
    assert verdict.event_ids == ()
    full = evidence_of(named, recalls=(RECALL,), sales=(SALE,), ended=DESTROYED, disputed=DISPUTES)
    assert decide(full, BEIJING) == verdict


def test_a_code_that_states_another_lot_than_the_one_on_record_is_suspect() -> None:
    right = identity(f"/01/{GTIN}/10/A260302/21/genuine")
    wrong = identity(f"/01/{GTIN}/10/B999999/21/genuine")
    assert decide(evidence_of(right), BEIJING).outcome is Outcome.GENUINE
    verdict = decide(evidence_of(wrong), BEIJING)
    assert verdict.outcome is Outcome.SUSPECT
    assert verdict.reasons[0].code == "other_lot"


def test_a_digital_link_key_is_a_product_only_where_it_is_known_to_be_one() -> None:
    products = [
        PACK,
        LOT,
        PRODUCT,
        identity("/8006/095060001343520102/21/7"),
        identity("/8010/9506000134352-1"),
    ]
    assert {subject_of(each) for each in products} == {Subject.PRODUCT}


moments = st.integers(us("2020-01-01"), us("2032-01-01"))
days = st.dates(date(2020, 1, 1), date(2032, 1, 1))
names = st.text(max_size=8).map(same)
event_ids = st.sampled_from([f"urn:uuid:{n}" for n in range(5)])
ends = st.builds(Ended, event_ids, moments, st.sampled_from(EndKind))
disputes = st.builds(Dispute, st.sampled_from(DisputeKind), moments, st.integers(0, 9))
commissionings = st.builds(Commissioning, event_ids, moments, names, st.booleans())
evidences = st.builds(
    ProductEvidence,
    identity=st.sampled_from(
        [PACK, LOT, PRODUCT, identity(f"/01/{GTIN}/10/X/21/9"), identity("/00/106141412345678908")]
    ),
    checked_at=moments,
    product=st.sampled_from([None, CAPSULES]),
    lot_uri=st.sampled_from(
        [None, f"https://id.gs1.org/01/{GTIN}/10/X", f"https://id.gs1.org/01/{GTIN}/10/Y"]
    ),
    expiry_date=st.none() | days,
    best_before=st.none() | days,
    commissionings=st.lists(commissionings, max_size=3).map(tuple),
    recalls=st.lists(st.builds(Recall, event_ids, moments, names, names), max_size=2).map(tuple),
    sales=st.lists(st.builds(Sale, event_ids, moments, st.sampled_from(SaleKind)), max_size=3).map(tuple),
    anomalies=st.lists(st.builds(Anomaly, st.sampled_from(AnomalyKind), moments), max_size=2).map(tuple),
    chain=st.sampled_from([(), CAPSULE_CHAIN]),
    ended=st.none() | ends,
    disputed=st.lists(disputes, max_size=3).map(tuple),
)
products = evidences.filter(lambda evidence: subject_of(evidence.identity) is Subject.PRODUCT)


@given(products)
def test_where_only_strangers_made_it_nothing_better_than_suspect_is_said(evidence: ProductEvidence) -> None:
    strangers = tuple(made for made in evidence.commissionings if not made.owner_of_prefix)
    tainted = replace(evidence, commissionings=(*strangers, STRANGER))
    assert decide(tainted, BEIJING).outcome in (Outcome.SUSPECT, Outcome.RECALLED)


@given(products)
def test_a_stranger_neither_harms_nor_helps_what_the_owner_made(evidence: ProductEvidence) -> None:
    made = replace(evidence, commissionings=(MADE,))
    tainted = replace(made, commissionings=(MADE, STRANGER))
    assert decide(tainted, BEIJING).outcome is decide(made, BEIJING).outcome


@given(evidences)
def test_disputes_never_change_the_outcome(evidence: ProductEvidence) -> None:
    verdict, silent = decide(evidence, BEIJING), decide(replace(evidence, disputed=()), BEIJING)
    assert verdict.outcome is silent.outcome
    assert verdict.lead == silent.lead
    assert verdict.event_ids == silent.event_ids


@given(products, ends)
def test_an_end_yields_to_recalls_contradictions_and_no_making_alone(
    evidence: ProductEvidence, end: Ended
) -> None:
    before = decide(replace(evidence, ended=None), BEIJING).outcome
    after = decide(replace(evidence, ended=end), BEIJING).outcome
    if before in (Outcome.RECALLED, Outcome.SUSPECT):
        assert after is before
    elif evidence.identity.level is Level.INSTANCE and not evidence.commissionings:
        assert after is Outcome.UNKNOWN
    else:
        assert after is Outcome.ENDED


@given(products)
def test_a_good_word_about_an_item_needs_its_owner(evidence: ProductEvidence) -> None:
    verdict = decide(evidence, BEIJING)
    if verdict.outcome in (Outcome.GENUINE, Outcome.SOLD):
        assert evidence.identity.level is Level.INSTANCE
        assert any(made.owner_of_prefix for made in evidence.commissionings)
        assert evidence.ended is None
        assert not evidence.recalls
        assert not evidence.anomalies
        assert len(evidence.sales) == (1 if verdict.outcome is Outcome.SOLD else 0)


@given(products)
def test_a_recall_always_wins(evidence: ProductEvidence) -> None:
    assert decide(replace(evidence, recalls=(RECALL,)), BEIJING).outcome is Outcome.RECALLED


@given(evidences)
def test_the_outcome_is_the_first_in_precedence_that_any_finding_speaks_for(
    evidence: ProductEvidence,
) -> None:
    verdict = decide(evidence, BEIJING)
    spoken = [reason.speaks_for for reason in verdict.reasons if reason.speaks_for is not None]
    if spoken:
        assert verdict.outcome is min(spoken, key=PRECEDENCE.index)
        assert spoken == sorted(spoken, key=PRECEDENCE.index)
    else:
        assert verdict.outcome is Outcome.BATCH_ONLY
    for said in (verdict.heading, verdict.lead, *(reason.text for reason in verdict.reasons)):
        assert said.zh
        assert said.en
        assert (
            "{" not in said.zh + said.en
            or any("{" in made.party.en for made in evidence.commissionings)
            or any("{" in recall.issuer.en for recall in evidence.recalls)
        )


@given(evidences, st.sampled_from([UTC, BEIJING]))
def test_the_verdict_depends_on_the_evidence_alone(evidence: ProductEvidence, zone: object) -> None:
    assert decide(evidence, zone) == decide(evidence, zone)  # type: ignore[arg-type]


@given(evidences, st.integers(0, 3650))
def test_time_alone_never_makes_an_item_better(evidence: ProductEvidence, later: int) -> None:
    waited = replace(evidence, checked_at=evidence.checked_at + later * 86_400_000_000)
    before, after = decide(evidence, BEIJING).outcome, decide(waited, BEIJING).outcome
    assert PRECEDENCE.index(after) <= PRECEDENCE.index(before)


def test_instants_far_from_1970_keep_their_microseconds() -> None:
    from public_query.moment import instant, iso

    moment = datetime(2999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert instant(us(moment.isoformat())) == moment
    assert iso(us("2026-05-20T06:30:00.123456")) == "2026-05-20T06:30:00.123Z"
    assert instant(-1) == datetime(1970, 1, 1, tzinfo=UTC) - timedelta(microseconds=1)
