"""What the use cases need of the world, as Protocols; `adapters/` implements them, tests replace them.

`Record.write` runs a function inside one SQL transaction on the writer (SQLite has one, and its turn is the lock), `read` on a
reader. The function gets a `Unit`: repositories over that transaction. It is synchronous and may run again after a
serialization failure, so it must not touch anything outside the transaction.
"""

from tuan.ports.access import ApiKey, ApiKeys, Requests
from tuan.ports.activities import Activities, StockTransfer
from tuan.ports.catalogue import Catalogue
from tuan.ports.claims import IntentLog, Inventory
from tuan.ports.money import Ledger, Payments, Refunds
from tuan.ports.orders import OrderReservation, Orders, OrderSummary
from tuan.ports.record import Checks, Mismatch, Record, Unit
from tuan.ports.rules import PastRule, PriceRule, RuleFile, Ruleset, Rulesets, ShadowTotals
from tuan.ports.runtime import Clock, Ids
from tuan.ports.shards import ShardRow, Shards
from tuan.ports.work import Alarm, Alarms, Duties, Job, Jobs, NewJob, Outbox

__all__ = [
    "Activities",
    "Alarm",
    "Alarms",
    "ApiKey",
    "ApiKeys",
    "Catalogue",
    "Checks",
    "Clock",
    "Duties",
    "Ids",
    "IntentLog",
    "Inventory",
    "Job",
    "Jobs",
    "Ledger",
    "Mismatch",
    "NewJob",
    "OrderReservation",
    "OrderSummary",
    "Orders",
    "Outbox",
    "PastRule",
    "Payments",
    "PriceRule",
    "Record",
    "Refunds",
    "Requests",
    "RuleFile",
    "Ruleset",
    "Rulesets",
    "ShadowTotals",
    "ShardRow",
    "Shards",
    "StockTransfer",
    "Unit",
]
