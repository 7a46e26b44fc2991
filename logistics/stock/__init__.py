"""Stock: how much of which lot is where, as a projection of the log in double entry.

`StockProjection` follows the log; its `stock` answers. What one event does to stock is told in `postings`,
how postings make balances in `item` (serialised things) and `lot` (amounts).
"""

from __future__ import annotations

from logistics.stock.account import Account, Reason
from logistics.stock.condition import AVAILABLE
from logistics.stock.containment import Containment, Content
from logistics.stock.levels import Balance, ItemAccount, Mismatch, Stock, StockLevel, site_key
from logistics.stock.postings import UNKNOWN_SITE, Movement, Verb, movements
from logistics.stock.projection import StockProjection
from logistics.stock.routes import MaySee, level_json, router

__all__ = [
    "AVAILABLE",
    "UNKNOWN_SITE",
    "Account",
    "Balance",
    "Containment",
    "Content",
    "ItemAccount",
    "MaySee",
    "Mismatch",
    "Movement",
    "Reason",
    "Stock",
    "StockLevel",
    "StockProjection",
    "Verb",
    "level_json",
    "movements",
    "router",
    "site_key",
]
