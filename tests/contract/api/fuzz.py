"""Random messages that are right on the wire: real ids and extreme values mixed, so that some get deep and most are wrong."""

from __future__ import annotations

import random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor

from tests.contract.api.wire import request_type
from tests.contract.api.world import SALE, World

_INTS = [0, 0, 1, 1, 1, 2, 3, 5, -1, 255, 256, 257, 1_000, 1_001, 1_000_000, 2**31 - 1, -(2**31)]
_LONGS = [*_INTS, 10**12, 10**12 + 1, 2**53 - 1, 2**53, 2**63 - 1, -(2**63)]
_JUNK = [
    "", "x", "x" * 64, "x" * 65, "x" * 300, "a b", "a\nb", "a\x00b", "汉字", "😀", "‮", "../..", "'; --", "{}", "%s", "retail",
    "stock/S1", "0", "-1", "None", "é" * 40,
]  # fmt: skip
_KINDS = (
    (FieldDescriptor.CPPTYPE_INT32, _INTS),
    (FieldDescriptor.CPPTYPE_INT64, _LONGS),
)


class Fuzzer:
    """`seed` makes the whole run repeatable, but for what the engine itself decides."""

    def __init__(self, world: World, seed: int) -> None:
        self._random = random.Random(seed)
        self._numbers = 0
        self._words: dict[str, list[str]] = {
            "sku": ["S1", "S2", "S3", "S4"],
            "skus": ["S1", "S2", "S4"],
            "order_id": [world.pending_order, world.paid_order, world.cancelled_order, world.gbp_order],
            "order_ids": [world.pending_order, world.gbp_order],
            "payment_id": [world.payment_id],
            "refund_id": [world.refund_id],
            "activity_id": [world.activity_id, ""],
            "currency_code": [*["CNY"] * 12, "GBP", "cny", "ZZZ"],
            "buyer_id": ["b1", "b2", "b3"],
            "device_id": ["d1", ""],
            "address_id": ["a1", ""],
            "region": ["", "east"],
            "channel": ["", "app"],
            "warehouse": ["W1", "W2", ""],
            "gateway": ["sandbox", "wechat"],
            "ruleset_hash": [world.ruleset_hash],
            "before_hash": [world.ruleset_hash],
            "after_hash": [world.ruleset_hash, ""],
            "language": ["", "en", "zh"],
            "why_not": ["tests.sale/price/off"],
            "product_id": ["P1", "P2", "P9"],
            "title": ["Apple"],
            "category": ["fresh/fruit"],
            "page_token": ["", "", world.page_token],
            "resume_token": [""],
            "ticket": [""],
            "kinds": ["order.placed"],
            "scopes": ["orders.read", "orders.write"],
            "caller": ["fuzz"],
            "shard": ["retail", world.activity_id],
            "promotion": ["", "flash_sale"],
            "package": ["", "tests.sale"],
            "text": [SALE, "package", 'flash_sale "x" {', "价格 = ¥1"],
        }
        self._seen: list[str] = []

    def request(self, method: MethodDescriptor) -> Any:
        return self._fill(request_type(method)(), 0)

    def chance(self, share: float) -> bool:
        return self._random.random() < share

    def _fill(self, message: Any, depth: int) -> Any:
        for field in message.DESCRIPTOR.fields:
            if not self.chance(0.85):
                continue
            if field.message_type is not None and field.message_type.GetOptions().map_entry:
                for _ in range(self._count(depth)):
                    getattr(message, field.name)[self._word("key")] = self._word("value")
            elif field.message_type is not None:
                self._fill_messages(message, field, depth)
            elif field.is_repeated:
                getattr(message, field.name).extend(self._scalar(field) for _ in range(self._count(depth)))
            else:
                setattr(message, field.name, self._scalar(field))
        return message

    def _fill_messages(self, message: Any, field: FieldDescriptor, depth: int) -> None:
        if not field.is_repeated:
            self._fill(getattr(message, field.name), depth + 1)
            return
        for _ in range(self._count(depth)):
            self._fill(getattr(message, field.name).add(), depth + 1)

    def _count(self, depth: int) -> int:
        if depth == 0 and self.chance(0.002):
            return self._random.choice([101, 257, 1_001])
        return self._random.choice([0, 1, 1, 1, 2, 3])

    def _scalar(self, field: FieldDescriptor) -> Any:
        match field.cpp_type:
            case FieldDescriptor.CPPTYPE_STRING:
                return self._word(field.name) if field.type == FieldDescriptor.TYPE_STRING else self._bytes()
            case FieldDescriptor.CPPTYPE_BOOL:
                return self.chance(0.02 if field.name == "inactive" else 0.5)
            case FieldDescriptor.CPPTYPE_ENUM:
                return self._random.choice([0, 1, 2, 3, 9, 99, -1])
        numbers = dict(_KINDS)[field.cpp_type]
        return self._random.choice(numbers[:6] if self.chance(0.6) else numbers)

    def _word(self, name: str) -> str:
        if name == "request_id" and self.chance(0.9):
            if self._seen and self.chance(0.1):
                return self._random.choice(self._seen)
            self._numbers += 1
            word = f"fuzz-{self._numbers}"
            if len(self._seen) < 1_000:
                self._seen.append(word)
            return word
        if name in self._words and self.chance(0.9):
            return self._random.choice(self._words[name])
        return self._random.choice(_JUNK)

    def _bytes(self) -> bytes:
        return self._random.choice([b"", b"{}", b"\xff\x00", self._random.randbytes(40), b"[" * 1_000])
