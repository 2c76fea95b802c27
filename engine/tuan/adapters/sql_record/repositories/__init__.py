"""The repositories of `Unit`, one port of `tuan.ports` per file; imported by `unit.py` alone."""

from tuan.adapters.sql_record.repositories.activities import SqlActivities
from tuan.adapters.sql_record.repositories.alarms import SqlAlarms
from tuan.adapters.sql_record.repositories.api_keys import SqlApiKeys
from tuan.adapters.sql_record.repositories.catalogue import SqlCatalogue
from tuan.adapters.sql_record.repositories.checks import SqlChecks
from tuan.adapters.sql_record.repositories.duties import SqlDuties
from tuan.adapters.sql_record.repositories.jobs import SqlJobs
from tuan.adapters.sql_record.repositories.ledger import SqlLedger
from tuan.adapters.sql_record.repositories.orders import SqlOrders
from tuan.adapters.sql_record.repositories.outbox import SqlOutbox
from tuan.adapters.sql_record.repositories.payments import SqlPayments
from tuan.adapters.sql_record.repositories.refunds import SqlRefunds
from tuan.adapters.sql_record.repositories.requests import SqlRequests
from tuan.adapters.sql_record.repositories.rulesets import SqlRulesets
from tuan.adapters.sql_record.repositories.shards import SqlShards

__all__ = [
    "SqlActivities",
    "SqlAlarms",
    "SqlApiKeys",
    "SqlCatalogue",
    "SqlChecks",
    "SqlDuties",
    "SqlJobs",
    "SqlLedger",
    "SqlOrders",
    "SqlOutbox",
    "SqlPayments",
    "SqlRefunds",
    "SqlRequests",
    "SqlRulesets",
    "SqlShards",
]
