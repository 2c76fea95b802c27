"""A Redis of the engine's own in its data folder: launch, repair, watch, end. Imported by the composition root and the tests."""

from tuan.adapters.embedded_redis.child import Death
from tuan.adapters.embedded_redis.errors import (
    AofCorrupt,
    BinaryNotUsable,
    EmbeddedRedisError,
    FolderInUse,
    LaunchFailed,
)
from tuan.adapters.embedded_redis.server import EmbeddedRedis

__all__ = [
    "AofCorrupt",
    "BinaryNotUsable",
    "Death",
    "EmbeddedRedis",
    "EmbeddedRedisError",
    "FolderInUse",
    "LaunchFailed",
]
