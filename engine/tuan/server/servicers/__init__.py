"""The services of the API, one file each: check, convert, call one use case, convert back; for the gRPC server only."""

from tuan.server.servicers.bench import Bench
from tuan.server.servicers.own import own_servicers

__all__ = ["Bench", "own_servicers"]
