"""Wallet credit (余额): money that the shop owes a person, as a reward; found by its entry point, imported by nobody."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_wallet.reward import WalletCredit


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [WalletCredit()]
