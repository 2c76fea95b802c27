"""Credit as a reward: owed from the moment of its cause, in the ledger and in the plugin's table in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.plugin import (
    Host,
    InvalidValue,
    LedgerEntry,
    LedgerTransaction,
    Mismatch,
    PluginTables,
    Reward,
    RewardKind,
    Servicer,
    Unit,
)
from tuan_wallet.servicer import WalletServicer, servicer_entry
from tuan_wallet.tables import Credit, add, find, plugin_tables, sums_by_caller, take_left

FUNDERS = ("merchant", "platform")
AMOUNT_MINOR_MAX = 10**12


class WalletCredit(RewardKind):
    """`value`: `caller` (whose pseudonym the recipient is), `currency`, `amount_minor`, and `funded_by` (left out: merchant)."""

    code = "wallet"

    def tables(self) -> PluginTables:
        return plugin_tables()

    def start(self, host: Host) -> None:
        self._host = host

    def servicers(self) -> Sequence[Servicer]:
        return (servicer_entry(WalletServicer(self._host)),)

    def grant(self, reward: Reward, unit: Unit) -> None:
        value = reward.value
        amount_minor, funder = value["amount_minor"], str(value.get("funded_by", FUNDERS[0]))
        if type(amount_minor) is not int or not 1 <= amount_minor <= AMOUNT_MINOR_MAX:
            raise InvalidValue("amount_minor", f"{amount_minor!r}; give 1 to {AMOUNT_MINOR_MAX} minor units")
        if funder not in FUNDERS:
            raise InvalidValue("funded_by", f"{funder!r}; write {' or '.join(FUNDERS)}")
        credit = Credit(
            reward.reward_id, str(value["caller"]), reward.recipient, str(value["currency"]), amount_minor, funder,
            reward.time_ms, amount_minor,
        )  # fmt: skip
        if add(unit.connection, credit):
            _post(unit, "wallet_granted", credit, amount_minor, reward.time_ms)

    def revoke(self, reward: Reward, unit: Unit) -> None:
        credit = find(unit.connection, reward.reward_id)
        if credit is not None and credit.left_minor:
            take_left(unit.connection, credit.reward_id)
            _post(unit, "wallet_revoked", credit, -credit.left_minor, reward.time_ms)

    def audit(self, unit: Unit) -> Sequence[Mismatch]:
        """What is left of all credits against the ledger."""
        left = {f"wallet:{caller} {currency}": minor for (caller, currency), minor in sums_by_caller(unit.connection)}
        booked = {
            f"{account} {currency}": -minor for (account, currency), minor in unit.ledger.balances("wallet:").items()
        }
        return Mismatch.between(booked, left)


def _post(unit: Unit, kind: str, credit: Credit, amount_minor: int, time_ms: int) -> None:
    entries = (
        LedgerEntry(f"reward:{credit.funded_by}", amount_minor),
        LedgerEntry(f"wallet:{credit.caller}", -amount_minor),
    )
    unit.ledger.post([LedgerTransaction(kind, credit.reward_id, "", credit.currency, time_ms, entries)])
