"""A class per service, asynchronous and synchronous, with a method per RPC."""

from __future__ import annotations

import re
from collections.abc import Callable

from emit_values import (
    CONVERT,
    default_of,
    doc,
    from_message,
    imports_for,
    is_page,
    required_first,
    to_message,
    type_of,
    unwraps,
)
from proto_model import Api, Field, Message, Method, Service

#: Written by hand in `orders.py`, `flash_sales.py` and their `sync_` sisters, because they batch.
BY_HAND = {"PlaceOrder", "BatchPlaceOrders", "PlaceOrderStream", "RequestTicket", "BatchRequestTickets"}
_IMPORTS = (
    "from __future__ import annotations\n\n"
    "from collections.abc import AsyncIterator, Iterator, Mapping, Sequence\n"
    "from datetime import datetime, timedelta\nfrom types import MappingProxyType\n" + CONVERT
)


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def given_by_caller(request: Message) -> list[Field]:
    """The request's fields that are parameters: page tokens are followed, request ids are keywords."""
    return [field for field in required_first(request.fields) if field.name not in ("page_token", "request_id")]


def signature(request: Message, streaming: bool) -> str:
    """Parameters: what is required first, then what may be left out, then keywords."""
    parameters = [
        f"{field.name}: {type_of(field, parameter=True)}"
        + ("" if field.required else default_of(field, parameter=True))
        for field in given_by_caller(request)
    ]
    keywords = ["request_id: str | None = None"] if "request_id" in request else []
    if not streaming:
        keywords.append("timeout_s: float | None = None")
    return ", ".join(["self", *parameters, *(["*", *keywords] if keywords else [])])


def result(api: Api, method: Method) -> tuple[str, Callable[[str], str]]:
    """The type that a call returns (or yields), and how to make it from the response named so."""
    response = api.messages[method.response]
    if is_page(response):
        items = response.fields[0]
        return type_of(items)[6:-6], lambda source: from_message(items, source)
    if method.server_streaming or (only := unwraps(response)) is None:
        if not response.fields:
            return "None", lambda _: "None"
        return response.name, lambda source: f"{response.name}.from_message({source})"
    kind = type_of(only).removesuffix(" | None")
    return kind, lambda source: from_message(only, source).partition(" if ")[0]


def _methods(service: Service) -> list[Method]:
    return [method for method in service.methods if method.name not in BY_HAND]


def _value_imports(api: Api, service: Service) -> str:
    fields: list[Field] = []
    names = set()
    for method in _methods(service):
        response = api.messages[method.response]
        fields += [*api.messages[method.request].fields, *response.fields]
        if (unwraps(response) is None and not is_page(response)) or method.server_streaming:
            names.add(response.name)
    own = "".join(f"from tuan_client.values.{service.module} import {name}\n" for name in sorted(names))
    return imports_for(api, fields, but="") + own


def asynchronous(api: Api, service: Service) -> str:
    pb2 = f"{service.module}_pb2"
    rpcs = "".join(
        f"\n_{snake(method.name).upper()} = Rpc({method.path!r}, {pb2}.{method.request}, {pb2}.{method.response}"
        f"{', repeatable=True' if method.repeatable else ''})"
        for method in _methods(service)
    )
    body = "".join(_async_method(api, service, method) for method in _methods(service))
    return (
        f'"""`{service.name}`, asynchronous."""\n\n{_IMPORTS}from tuan_api.v1 import {pb2}\n'
        f"from tuan_client.link import Link, Rpc\n{_value_imports(api, service)}\n{rpcs}\n\n\n"
        f"class Async{service.name}:\n{doc(service.comment)}\n"
        f"    def __init__(self, link: Link) -> None:\n        self._link = link\n{body}"
    )


def _async_method(api: Api, service: Service, method: Method) -> str:
    request = api.messages[method.request]
    given = [f"{field.name}={to_message(field, field.name)}" for field in given_by_caller(request)]
    arguments = ", ".join((["request_id=request_id or new_request_id()"] if "request_id" in request else []) + given)
    rpc = f"_{snake(method.name).upper()}"
    kind, make = result(api, method)
    build = f"        request = {service.module}_pb2.{method.request}({arguments})\n"
    if is_page(api.messages[method.response]):
        items = api.messages[method.response].fields[0]
        one = f"{items.type_name}.from_message(item)" if items.kind == "message" else "item"
        body = (
            "        while True:\n"
            f"            page = await self._link.unary({rpc}, request, timeout_s)\n"
            f"            for item in page.{items.name}:\n                yield {one}\n"
            "            if not page.next_page_token:\n                return\n"
            "            request.page_token = page.next_page_token\n"
        )
        kind = f"AsyncIterator[{kind}]"
    elif method.server_streaming:
        how = "resumed" if "resume_token" in request else "streamed"
        body = (
            f"        async for response in self._link.{how}({rpc}, request):\n            yield {make('response')}\n"
        )
        kind = f"AsyncIterator[{kind}]"
    elif kind == "None":
        body = f"        await self._link.unary({rpc}, request, timeout_s)\n"
    else:
        body = (
            f"        response = await self._link.unary({rpc}, request, timeout_s)\n        return {make('response')}\n"
        )
    head = f"async def {snake(method.name)}({signature(request, method.server_streaming)}) -> {kind}"
    return f"\n    {head}:\n{doc(method.comment, '        ')}{build}{body}"


def synchronous(api: Api, service: Service) -> str:
    body = "".join(_sync_method(api, method) for method in _methods(service))
    return (
        f'"""`{service.name}`, synchronous: each call runs on the client\'s background loop."""\n\n{_IMPORTS}'
        f"from tuan_client.aio.{service.module} import Async{service.name}\nfrom tuan_client.loop_thread import LoopThread\n"
        f"{_value_imports(api, service)}\n\n"
        f"class {service.name}:\n{doc(service.comment)}\n"
        f"    def __init__(self, service: Async{service.name}, loop: LoopThread) -> None:\n"
        f"        self._service = service\n        self._loop = loop\n{body}"
    )


def _sync_method(api: Api, method: Method) -> str:
    request = api.messages[method.request]
    kind, _ = result(api, method)
    names = [field.name for field in given_by_caller(request)]
    keywords = (["request_id"] if "request_id" in request else []) + ([] if method.server_streaming else ["timeout_s"])
    call = f"self._service.{snake(method.name)}({', '.join([*names, *(f'{name}={name}' for name in keywords)])})"
    if method.server_streaming or is_page(api.messages[method.response]):
        kind, body = f"Iterator[{kind}]", f"        return self._loop.iterate({call})\n"
    else:
        body = f"        {'' if kind == 'None' else 'return '}self._loop.run({call})\n"
    head = f"def {snake(method.name)}({signature(request, method.server_streaming)}) -> {kind}"
    return f"\n    {head}:\n{doc(method.comment, '        ')}{body}"
