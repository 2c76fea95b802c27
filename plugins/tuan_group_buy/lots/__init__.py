"""Where the draw of a lottery group meets its life: the steps of a draw in the group's own transactions, what is kept, what is shown.

Only this plugin imports it. What a draw is, without SQL and gRPC, is in `draw`.
"""
