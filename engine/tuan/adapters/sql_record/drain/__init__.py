"""The drain: intents of the claims store into SQL, in order, once each; started by `server/`, in a thread of its own."""

from tuan.adapters.sql_record.drain.drainer import Drainer
from tuan.adapters.sql_record.drain.settings import DrainSettings

__all__ = ["DrainSettings", "Drainer"]
