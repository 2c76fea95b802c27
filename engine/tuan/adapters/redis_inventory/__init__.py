"""The claims store on Redis: Lua verbs, keys and wire format; imported by the composition root and the drainer's process."""

from tuan.adapters.redis_inventory.connection import check_owner, check_server, check_version, connect, connect_sync
from tuan.adapters.redis_inventory.intent_log import RedisIntentLog
from tuan.adapters.redis_inventory.inventory import RedisInventory
from tuan.adapters.redis_inventory.keys import shard_keys

__all__ = [
    "RedisIntentLog",
    "RedisInventory",
    "check_owner",
    "check_server",
    "check_version",
    "connect",
    "connect_sync",
    "shard_keys",
]
