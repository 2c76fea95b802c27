"""The `Checks` port: what the audit asks the record about itself."""

from __future__ import annotations

from tuan.adapters.sql_record.repositories.checks_claims import ClaimChecks
from tuan.adapters.sql_record.repositories.checks_money import MoneyChecks


class SqlChecks(ClaimChecks, MoneyChecks):
    """Every check is one SQL statement, or one per case; only what does not agree leaves the database."""
