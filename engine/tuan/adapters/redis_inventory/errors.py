"""What redis-py raises, as reasons. The codes of the Redis protocol decide, never the prose after them."""

from __future__ import annotations

import re

import redis

from tuan.domain.errors import Reason, TuanError

RETRY_AFTER_MS = 1000

#: Error codes with which a server refuses a write before it has done anything: full disk, full memory, replica, loading ...
_REFUSALS = "MISCONF|OOM|READONLY|LOADING|BUSY|NOREPLICAS|MASTERDOWN|CLUSTERDOWN|TRYAGAIN"
#: Redis 6.2 wraps the code of a command that failed inside a script: `ERR Error running script (...): @user_script:9: -OOM ...`
_REFUSED = re.compile(rf"^(?:{_REFUSALS})\b|@user_script: ?\d+: -?(?:{_REFUSALS})\b")
#: redis-py strips the code from the messages of the errors that have a class of their own.
_REFUSAL_ERRORS = (
    redis.exceptions.BusyLoadingError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ReadOnlyError,
    redis.exceptions.ClusterDownError,
    redis.exceptions.TryAgainError,
    redis.exceptions.MasterDownError,
    redis.exceptions.AuthenticationError,
    redis.exceptions.AuthorizationError,
)


def translated(error: Exception, sent: bool) -> Exception:
    """The TuanError for a driver's error; `sent`: whether the command may have reached the server.

    Anything that is neither the connection nor a refusal of the server is a fault of ours and comes back as it is.
    """
    if isinstance(error, _REFUSAL_ERRORS) or _REFUSED.search(str(error)):
        return unavailable("the claims store takes no writes at the moment")
    if isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError):
        if not sent:
            return unavailable("the claims store cannot be reached")
        return TuanError(
            Reason.OUTCOME_UNKNOWN,
            "the connection to the claims store broke before its answer; ask again with the same keys",
            retry_after_ms=RETRY_AFTER_MS,
        )
    return error


def unavailable(message: str) -> TuanError:
    return TuanError(Reason.STORE_UNAVAILABLE, f"{message}; nothing was done", retry_after_ms=RETRY_AFTER_MS)
