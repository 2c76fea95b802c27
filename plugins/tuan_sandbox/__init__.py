"""A payment channel to test with: it signs, delays, repeats, reorders, forges and fails on request; never for real money."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_sandbox.gateway import SandboxGateway


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [SandboxGateway()]
