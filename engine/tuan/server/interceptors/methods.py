"""What the descriptors say of each method: its scope, whether it streams, whether its request names a buyer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor

from tuan.registry import PluginRefused
from tuan.server.overload.shedding import Shedding
from tuan_api.v1 import options_pb2


@dataclass(frozen=True, slots=True)
class MethodFacts:
    """`scope` None: open to everybody. `names_buyer`: the request has a field `buyer_id`; `is_batch`: it repeats
    `requests`, and is no stream.

    `shedding`: whether it is refused first under overload, late or never.
    """

    method: str
    scope: str | None
    streaming: bool
    names_buyer: bool
    is_batch: bool
    shedding: Shedding


def facts_of(services: Iterable[str], open_services: Iterable[str] = ()) -> dict[str, MethodFacts]:
    """By full method name `/package.Service/Method`. Raises PluginRefused for a method that names no scope: deny by default."""
    facts = {}
    unscoped = []
    for name in services:
        for method in _descriptor(name).methods:
            known = _facts(name, method, method.GetOptions().Extensions[options_pb2.scope])
            facts[known.method] = known
            if not known.scope:
                unscoped.append(known.method)
    if unscoped:
        raise PluginRefused(
            f"methods without a scope: {', '.join(unscoped)}; "
            'give each an `option (tuan_api.v1.scope) = "..."`, or nobody could call it'
        )
    for name in open_services:
        for method in _descriptor(name).methods:
            known = _facts(name, method, None)
            facts[known.method] = known
    return facts


def _descriptor(service: str) -> ServiceDescriptor:
    try:
        return descriptor_pool.Default().FindServiceByName(service)
    except KeyError:
        raise PluginRefused(
            f"service {service} has no descriptor; import its generated module before the engine starts"
        ) from None


def _facts(service: str, method: MethodDescriptor, scope: str | None) -> MethodFacts:
    field = method.input_type.fields_by_name.get("buyer_id")
    names_buyer = field is not None and field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated
    requests = method.input_type.fields_by_name.get("requests")
    streaming = method.client_streaming or method.server_streaming
    is_batch = not streaming and requests is not None and requests.is_repeated
    return MethodFacts(f"/{service}/{method.name}", scope, streaming, names_buyer, is_batch, _shedding(method, scope))


def _shedding(method: MethodDescriptor, scope: str | None) -> Shedding:
    """What options.proto says: views first, what changes something never, where the method does not say."""
    options = method.GetOptions()
    if stated := options.Extensions[options_pb2.shedding]:
        return Shedding(stated)
    is_view = scope is not None and options.idempotency_level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS
    return Shedding.FIRST if is_view else Shedding.NEVER
