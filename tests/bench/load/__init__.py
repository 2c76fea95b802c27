"""The load generator: processes of their own that send orders by the bare stubs and record when each answer came.

`closed_loop` keeps so many messages under way and tells the peak; `open_loop` sends by schedule, whatever the engine does, and its
latencies count from the intended time of sending, so that no stall is left out (no coordinated omission).
"""
