"""Who is refused first under overload; options.proto says which method belongs where."""

from __future__ import annotations

from enum import IntEnum

from tuan_api.v1 import options_pb2


class Shedding(IntEnum):
    """FIRST: views. LATE: new orders. NEVER: what somebody has paid for, and what operators need."""

    FIRST = options_pb2.SHEDDING_FIRST
    LATE = options_pb2.SHEDDING_LATE
    NEVER = options_pb2.SHEDDING_NEVER
