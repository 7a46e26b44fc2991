"""Made-up items for the tests of the public's pages: one drug, one food, and every way they can stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone

from foundation.gs1 import Identity, Level, parse
from foundation.web import Text, same
from public_query import (
    Anomaly,
    AnomalyKind,
    BusyError,
    ChainStep,
    Commissioning,
    Dispute,
    DisputeKind,
    Ended,
    EndKind,
    Origin,
    Product,
    ProductEvidence,
    Proof,
    Recall,
    Sale,
    SaleKind,
    Site,
)

BEIJING = timezone(timedelta(hours=8))
GTIN = "06901234000016"
TEA_GTIN = "06901234000023"


def us(text: str) -> int:
    """Microseconds of an ISO instant (UTC where it names no zone)."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


NOW = us("2026-05-20T06:30:00")
PRODUCER = Text(zh="青岚药业有限公司", en="Qinglan Pharmaceutical Co.")
MADE = Commissioning(
    "urn:uuid:5b6f1c3a-0001-4d7e-9a51-6a1d2f0e7c01", us("2026-03-02T01:12:00"), PRODUCER, True
)
STRANGER = Commissioning(
    "urn:uuid:5b6f1c3a-00ff-4d7e-9a51-6a1d2f0e7cff",
    us("2026-04-02T01:12:00"),
    Text(zh="无名商贸", en="Nameless Trading"),
    False,
)
DISPUTES = (
    Dispute(DisputeKind.MADE_BY_ANOTHER, us("2026-04-02T01:12:00")),
    Dispute(DisputeKind.STATEMENTS_LEFT_OUT, us("2026-05-02T08:00:00"), 3),
)
DESTROYED = Ended(
    "urn:uuid:5b6f1c3a-0031-4d7e-9a51-6a1d2f0e7c31", us("2026-05-15T07:45:00"), EndKind.DESTROYED
)
DEPOT = Site(
    Text(zh="华东医药物流中心", en="East China drug logistics centre"), Text(zh="上海", en="Shanghai")
)
SALE = Sale("urn:uuid:5b6f1c3a-0009-4d7e-9a51-6a1d2f0e7c09", us("2026-05-12T02:05:00"), SaleKind.DISPENSED)

CAPSULES = Product(
    name=Text(zh="阿莫西林胶囊 0.25 g × 24 粒", en="Amoxicillin capsules 0.25 g × 24"),
    brand=Text(zh="青岚", en="Qinglan"),
    attributes=(
        (Text(zh="批准文号", en="Approval number"), same("国药准字H20260001")),
        (
            Text(zh="贮藏", en="Storage"),
            Text(zh="遮光，密封，不超过 25 ℃", en="Away from light, sealed, up to 25 °C"),
        ),
    ),
)
TEA = Product(
    name=Text(zh="云雾高山绿茶 100 g", en="Cloud Peak green tea 100 g"),
    brand=Text(zh="云雾", en="Cloud Peak"),
    attributes=(
        (Text(zh="配料", en="Ingredients"), Text(zh="绿茶", en="Green tea")),
        (Text(zh="执行标准", en="Standard"), same("GB/T 14456.1")),
    ),
)


def _step(
    time: str,
    step: str,
    event: int,
    place: Text | None,
    city: Text | None,
    party: Text | None,
    *,
    in_container: bool = False,
) -> ChainStep:
    return ChainStep(
        us(time),
        step,
        f"urn:uuid:5b6f1c3a-{event:04d}-4d7e-9a51-6a1d2f0e7c{event:02d}",
        place,
        city,
        party,
        in_container,
        4_000 + event,
    )


CAPSULE_CHAIN = (
    _step(
        "2026-03-02T01:12",
        "commissioning",
        1,
        Text(zh="青岚药业一厂", en="Qinglan plant 1"),
        Text(zh="江苏无锡", en="Wuxi, Jiangsu"),
        PRODUCER,
    ),
    _step(
        "2026-03-02T06:40",
        "packing",
        2,
        Text(zh="青岚药业一厂", en="Qinglan plant 1"),
        Text(zh="江苏无锡", en="Wuxi, Jiangsu"),
        PRODUCER,
    ),
    _step(
        "2026-03-05T23:30",
        "shipping",
        3,
        Text(zh="青岚药业成品库", en="Qinglan finished goods store"),
        Text(zh="江苏无锡", en="Wuxi, Jiangsu"),
        PRODUCER,
        in_container=True,
    ),
    _step("2026-03-06T14:10", "transporting", 4, None, None, None, in_container=True),
    _step(
        "2026-03-07T03:25",
        "receiving",
        5,
        Text(zh="华东医药物流中心", en="East China drug logistics centre"),
        Text(zh="上海", en="Shanghai"),
        Text(zh="东沪医药", en="Donghu Medical"),
        in_container=True,
    ),
    _step(
        "2026-04-11T08:02",
        "receiving",
        6,
        Text(zh="市第一医院药房", en="First Municipal Hospital pharmacy"),
        Text(zh="浙江杭州", en="Hangzhou, Zhejiang"),
        Text(zh="市第一医院", en="First Municipal Hospital"),
    ),
)
TEA_CHAIN = (
    _step(
        "2026-04-04T02:00",
        "commissioning",
        11,
        Text(zh="云雾茶厂", en="Cloud Peak tea works"),
        Text(zh="安徽黄山", en="Huangshan, Anhui"),
        Text(zh="云雾茶业", en="Cloud Peak Tea"),
    ),
    _step(
        "2026-04-09T02:00",
        "shipping",
        12,
        Text(zh="云雾茶厂", en="Cloud Peak tea works"),
        Text(zh="安徽黄山", en="Huangshan, Anhui"),
        Text(zh="云雾茶业", en="Cloud Peak Tea"),
        in_container=True,
    ),
    _step(
        "2026-04-12T05:20",
        "stocking",
        13,
        Text(zh="绿柳超市滨江店", en="Green Willow, Binjiang"),
        Text(zh="浙江杭州", en="Hangzhou, Zhejiang"),
        Text(zh="绿柳超市", en="Green Willow Markets"),
    ),
)
PROOF = Proof(
    position=4001,
    origin="log.qinglan.example/suyuan",
    size=18_204,
    root_hash="Yl5mU0yq2l3mRw6mH2vPpJ0uXkq1nVQ8d9sT7e4bZkA=",
    url="/verify/proof/4001",
    record_time=us("2026-03-02T01:12:03"),
    cosigners=("witness.east.example", "witness.north.example"),
)


def evidence_of(identity: Identity, **changes: object) -> ProductEvidence:
    """A capsule pack without any fault, changed as told."""
    whole = ProductEvidence(
        identity=identity,
        checked_at=NOW,
        product=CAPSULES,
        producer=PRODUCER,
        lot="A260302",
        lot_uri=f"https://id.gs1.org/01/{GTIN}/10/A260302",
        serial=identity.serial,
        production_date=date(2026, 3, 2),
        expiry_date=date(2028, 3, 1),
        commissionings=(MADE,),
        chain=CAPSULE_CHAIN,
        proof=PROOF,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


RECALL = Recall(
    event_id="urn:uuid:5b6f1c3a-0021-4d7e-9a51-6a1d2f0e7c21",
    time=us("2026-05-18T01:00:00"),
    issuer=PRODUCER,
    reason=Text(
        zh="批号 A260302 的部分产品溶出度不合格，企业主动召回该批号全部产品。",
        en="Part of batch A260302 failed a dissolution test. The company recalls the whole batch.",
    ),
    advice=Text(
        zh="停止服用，把剩余药品连同包装退回购药的药房。如有不适请就医。",
        en="Stop taking it and return what is left, with its package, to the pharmacy. "
        "See a doctor if you feel unwell.",
    ),
)


def _tea(identity: Identity) -> ProductEvidence:
    return evidence_of(
        identity,
        product=TEA,
        producer=Text(zh="云雾茶业", en="Cloud Peak Tea"),
        lot="T2604",
        lot_uri=f"https://id.gs1.org/01/{TEA_GTIN}/10/T2604",
        production_date=date(2026, 4, 4),
        expiry_date=None,
        best_before=date(2027, 10, 3),
        commissionings=(
            replace(MADE, party=Text(zh="云雾茶业", en="Cloud Peak Tea"), time=us("2026-04-04T02:00")),
        ),
        chain=TEA_CHAIN,
        origins=(
            Origin(
                Text(zh="明前鲜叶", en="Fresh leaves, first picking"),
                "F-0402",
                Text(zh="松谷茶园", en="Pine Valley tea garden"),
                Text(zh="安徽黄山", en="Huangshan, Anhui"),
            ),
            Origin(
                Text(zh="明前鲜叶", en="Fresh leaves, first picking"),
                "F-0403",
                Text(zh="石门茶园", en="Stone Gate tea garden"),
                Text(zh="安徽黄山", en="Huangshan, Anhui"),
            ),
        ),
    )


def _empty(identity: Identity) -> ProductEvidence:
    return ProductEvidence(identity=identity, checked_at=NOW)


def _lot(identity: Identity) -> ProductEvidence:
    return evidence_of(identity, serial=None, chain=CAPSULE_CHAIN[:1])


_MAKERS: dict[str, Callable[[Identity], ProductEvidence]] = {
    "genuine": evidence_of,
    "recalled": lambda it: evidence_of(it, recalls=(RECALL,), sales=(SALE,)),
    "expired": lambda it: evidence_of(it, expiry_date=date(2026, 5, 19)),
    "sold": lambda it: evidence_of(it, sales=(replace(SALE, kind=SaleKind.SOLD),)),
    "dispensed": lambda it: evidence_of(it, sales=(SALE,)),
    "suspect": lambda it: evidence_of(
        it, anomalies=(Anomaly(AnomalyKind.TWO_PLACES, us("2026-05-02T04:00"), (MADE.event_id,)),)
    ),
    "stranger": lambda it: evidence_of(it, commissionings=(STRANGER,)),
    "ended": lambda it: evidence_of(it, ended=DESTROYED),
    "stolen": lambda it: evidence_of(it, ended=replace(DESTROYED, kind=EndKind.STOLEN)),
    "disputed": lambda it: evidence_of(it, disputed=DISPUTES),
    "long": lambda it: evidence_of(it, chain=CAPSULE_CHAIN[2:], chain_left_out=37),
    "tea": _tea,
}

HOSTILE = '<script>alert("x")</script>\'"><img src=x onerror=alert(1)>'


@dataclass
class FakeService:
    """Evidence by serial: `/21/genuine` is genuine, `/21/recalled` is recalled, others are unknown."""

    asked: list[Identity] = field(default_factory=list)

    def evidence(self, identity: Identity) -> ProductEvidence:
        self.asked.append(identity)
        if identity.serial == "crowd":
            raise BusyError
        if identity.key in ("414", "417"):
            return replace(_empty(identity), site=DEPOT if identity.value("254") is None else None)
        if identity.level in (Level.LOT, Level.CLASS) and identity.gtin == GTIN:
            return _lot(identity)
        if identity.serial == "hostile":
            hostile = same(HOSTILE)
            return evidence_of(
                identity,
                product=Product(hostile, hostile, ((hostile, hostile),)),
                producer=hostile,
                lot=HOSTILE,
                lot_uri=None,
                serial=HOSTILE,
                commissionings=(replace(MADE, event_id=HOSTILE, party=hostile),),
                recalls=(Recall(HOSTILE, NOW, hostile, hostile, hostile),),
                chain=(ChainStep(NOW, HOSTILE, HOSTILE, hostile, hostile, hostile, True, 1),),
                origins=(Origin(hostile, HOSTILE, hostile, hostile),),
                proof=replace(PROOF, origin=HOSTILE, root_hash=HOSTILE, cosigners=(HOSTILE,)),
            )
        return _MAKERS.get(identity.serial or "", _empty)(identity)


def item(serial: str, gtin: str = GTIN) -> str:
    """The path of one of the made-up items."""
    return f"/01/{gtin}/21/{serial}"


def identity(path: str) -> Identity:
    """The identity of a Digital Link path."""
    return parse("https://id.gs1.org" + path)
