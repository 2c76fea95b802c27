"""A challenge that costs a machine work and a person nothing: find a number whose hash begins with zeros."""

from collections.abc import Sequence

from tuan.plugin import Plugin, hookimpl
from tuan_proof_of_work.challenge import ProofOfWork


@hookimpl
def tuan_plugins() -> Sequence[Plugin]:
    return [ProofOfWork()]
