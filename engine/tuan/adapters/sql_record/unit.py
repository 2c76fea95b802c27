"""One SQL transaction and its repositories."""

from __future__ import annotations

from sqlalchemy import Connection

from tuan.adapters.sql_record.repositories import (
    SqlActivities,
    SqlAlarms,
    SqlApiKeys,
    SqlCatalogue,
    SqlChecks,
    SqlDuties,
    SqlJobs,
    SqlLedger,
    SqlOrders,
    SqlOutbox,
    SqlPayments,
    SqlRefunds,
    SqlRequests,
    SqlRulesets,
    SqlShards,
)


class SqlUnit:
    """The `Unit` port. Every repository shares `connection`, and so its transaction."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.catalogue = SqlCatalogue(connection)
        self.rulesets = SqlRulesets(connection)
        self.activities = SqlActivities(connection)
        self.shards = SqlShards(connection)
        self.orders = SqlOrders(connection)
        self.payments = SqlPayments(connection)
        self.refunds = SqlRefunds(connection)
        self.ledger = SqlLedger(connection)
        self.jobs = SqlJobs(connection)
        self.duties = SqlDuties(connection)
        self.outbox = SqlOutbox(connection)
        self.api_keys = SqlApiKeys(connection)
        self.requests = SqlRequests(connection)
        self.alarms = SqlAlarms(connection)
        self.checks = SqlChecks(connection)

    def finish(self) -> None:
        """The last step before COMMIT: events are numbered now, so that their ids rise in the order of commit."""
        self.outbox.flush()
