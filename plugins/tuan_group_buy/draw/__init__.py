"""The draw of lottery groups (抽奖团): commit, freeze, reveal, and a verifier that anybody may run (ADR 0025).

Pure but for `new_seed`. Only this plugin imports it; `docs/verify_draw.py` does the same from the published record alone.
"""

from tuan_group_buy.draw.documents import Announcement, Frozen, Record, Revealed
from tuan_group_buy.draw.stages import Terms, announce, freeze, new_seed, reveal
from tuan_group_buy.draw.verification import verify

__all__ = [
    "Announcement",
    "Frozen",
    "Record",
    "Revealed",
    "Terms",
    "announce",
    "freeze",
    "new_seed",
    "reveal",
    "verify",
]
