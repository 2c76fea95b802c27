"""The events of groups: those that this plugin reacts to, and those by which it tells of what happened."""

from __future__ import annotations

#: The engine's: an order with what we kept of it was paid; a counter is full; money of an order goes back; the goods are there.
ORDER_PAID = "group_buy.order_paid"
FILLED = "counter.filled"
REFUND_REQUESTED = "refund.requested"
ORDER_COMPLETED = "order.completed"
#: Our own: the seats of a group are there; its window is over in the claims store; its draw is due.
OPENED = "group_buy.opened"
WINDOW_OVER = "group_buy.window_over"
DRAW_DUE = "group_buy.draw_due"
#: What watchers hear of: something about a group is another now; it was drawn; somebody cheers.
CHANGED = "group_buy.changed"
DRAWN = "group_buy.drawn"
CHEERED = "group_buy.cheered"
