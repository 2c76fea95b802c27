"""The claims store in plain Python: the reference that every other one is compared with, and the store of tests; import freely."""

from tuan.adapters.memory_inventory.intent_log import MemoryIntentLog
from tuan.adapters.memory_inventory.inventory import MemoryInventory

__all__ = ["MemoryIntentLog", "MemoryInventory"]
