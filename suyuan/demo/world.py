"""The demo's world: who takes part, where they work, what they make.

Numbers are of the GS1 prefix for examples (952).
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.access import Party, Role
from foundation.gs1 import check_digit

__all__ = ["PARTIES", "PRODUCTS", "SITES", "Product", "Site", "gln", "gtin", "sscc"]


def gln(prefix: str, reference: int) -> str:
    """A GLN of a company: prefix, location reference, check digit.

    >>> gln("9521001", 1)
    '9521001000017'
    """
    digits = f"{prefix}{reference:0{12 - len(prefix)}d}"
    return f"{digits}{check_digit(digits)}"


def gtin(prefix: str, reference: int, indicator: int = 0) -> str:
    """A GTIN-14 of a company: indicator digit, prefix, item reference, check digit."""
    digits = f"{indicator}{prefix}{reference:0{12 - len(prefix)}d}"
    return f"{digits}{check_digit(digits)}"


def sscc(prefix: str, serial: int, extension: int = 1) -> str:
    """An SSCC of a company as a Digital Link URI."""
    digits = f"{extension}{prefix}{serial:0{16 - len(prefix)}d}"
    return f"https://id.gs1.org/00/{digits}{check_digit(digits)}"


def _party(prefix: str, name: str, name_zh: str, role: Role) -> Party:
    return Party(f"https://id.gs1.org/417/{gln(prefix, 0)}", name, name_zh, (prefix,), (role,))


PARTIES: dict[str, Party] = {
    "dawn": _party("9521101", "Dawn Meadow Farm", "晨曦牧场", Role.producer),
    "green": _party("9521102", "Green Source Farm", "绿源牧场", Role.producer),
    "plateau": _party("9521103", "Plateau Farm", "高原牧场", Role.producer),
    "dairy": _party("9521001", "Clearwater Dairy", "清源乳业", Role.producer),
    "depot": _party("9521002", "Northern Logistics", "北方物流", Role.warehouse),
    "shop": _party("9521003", "Lantern Street Shop", "灯笼街母婴店", Role.retailer),
    "plant": _party("9521004", "Kunpeng Biologicals", "鲲鹏生物", Role.producer),
    "coldchain": _party("9521005", "Polar Cold Chain", "极地冷链", Role.carrier),
    "hospital": _party("9521006", "Lakeside Hospital", "湖畔医院", Role.pharmacy),
}


@dataclass(frozen=True, slots=True)
class Site:
    """A place with its GLN, as master data tells of it."""

    key: str
    party: str
    reference: int
    name: str
    name_zh: str
    city: str
    city_zh: str

    @property
    def gln(self) -> str:
        prefix = PARTIES[self.party].company_prefixes[0]
        return gln(prefix, self.reference)

    @property
    def uri(self) -> str:
        return f"https://id.gs1.org/414/{self.gln}"


SITES: dict[str, Site] = {
    site.key: site
    for site in (
        Site("dawn", "dawn", 1, "Dawn Meadow, milking parlour", "晨曦牧场 挤奶厅", "Hohhot", "呼和浩特"),
        Site("green", "green", 1, "Green Source, milking parlour", "绿源牧场 挤奶厅", "Baotou", "包头"),
        Site("plateau", "plateau", 1, "Plateau, milking parlour", "高原牧场 挤奶厅", "Xilinhot", "锡林浩特"),
        Site("dryer", "dairy", 1, "Clearwater, spray dryer", "清源乳业 喷雾干燥车间", "Hohhot", "呼和浩特"),
        Site(
            "canning", "dairy", 2, "Clearwater, canning line 1", "清源乳业 一号罐装线", "Hohhot", "呼和浩特"
        ),
        Site("dairy-dock", "dairy", 3, "Clearwater, dispatch", "清源乳业 发货区", "Hohhot", "呼和浩特"),
        Site("depot", "depot", 1, "Northern Logistics, Beijing depot", "北方物流 北京仓", "Beijing", "北京"),
        Site("shop", "shop", 1, "Lantern Street Shop", "灯笼街母婴店", "Beijing", "北京"),
        Site("plant", "plant", 1, "Kunpeng, filling line", "鲲鹏生物 灌装线", "Wuhan", "武汉"),
        Site("plant-dock", "plant", 2, "Kunpeng, cold dispatch", "鲲鹏生物 冷链发货区", "Wuhan", "武汉"),
        Site("cold-depot", "coldchain", 1, "Polar, 2-8 °C depot", "极地冷链 2-8 °C 库", "Wuhan", "武汉"),
        Site("pharmacy", "hospital", 1, "Lakeside Hospital, pharmacy", "湖畔医院 药剂科", "Hangzhou", "杭州"),
        Site("ward", "hospital", 2, "Lakeside Hospital, ward 3", "湖畔医院 三病区", "Hangzhou", "杭州"),
    )
}


@dataclass(frozen=True, slots=True)
class Product:
    """A trade item, as master data tells of it."""

    key: str
    party: str
    reference: int
    name: str
    name_zh: str
    brand: str
    brand_zh: str
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def gtin(self) -> str:
        return gtin(PARTIES[self.party].company_prefixes[0], self.reference)

    @property
    def uri(self) -> str:
        return f"https://id.gs1.org/01/{self.gtin}"

    def lot(self, number: str) -> str:
        """The Digital Link of a lot of this product."""
        return f"{self.uri}/10/{number}"

    def item(self, serial: int) -> str:
        """The Digital Link of one item of this product."""
        return f"{self.uri}/21/{serial}"


PRODUCTS: dict[str, Product] = {
    product.key: product
    for product in (
        Product("milk-dawn", "dawn", 1, "Raw milk", "生鲜乳", "Dawn Meadow", "晨曦"),
        Product("milk-green", "green", 1, "Raw milk", "生鲜乳", "Green Source", "绿源"),
        Product("milk-plateau", "plateau", 1, "Raw milk", "生鲜乳", "Plateau", "高原"),
        Product("powder", "dairy", 10, "Milk powder base, bulk", "基粉", "Clearwater", "清源"),
        Product(
            "formula", "dairy", 11, "Infant formula, stage 1, 800 g", "婴儿配方奶粉 1段 800克",
            "Clearwater", "清源",
            (
                ("netContent", "800 g"),
                ("storageHandling", "Cool and dry / 阴凉干燥处"),
                ("registration", "SC10515012345678"),
            ),
        ),
        Product(
            "vaccine", "plant", 20, "Influenza vaccine, 0.5 ml", "流感病毒裂解疫苗 0.5毫升", "Kunpeng", "鲲鹏",
            (("netContent", "0.5 ml"), ("storageHandling", "2-8 °C, do not freeze / 2-8 °C，勿冻")),
        ),
    )
}  # fmt: skip
