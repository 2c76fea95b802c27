"""Wrong requests to every method: the reason that the documents promise, never INTERNAL."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from google.protobuf import descriptor_pool

from tests.contract.api import cases_goods, cases_groups, cases_orders, cases_rest, cases_rewards, cases_rules
from tests.contract.api.cases import Case
from tests.contract.api.wire import methods
from tests.contract.api.world import World

CASES = [
    *cases_orders.CASES,
    *cases_goods.CASES,
    *cases_groups.CASES,
    *cases_rest.CASES,
    *cases_rewards.CASES,
    *cases_rules.CASES,
]
PROTOS = Path(__file__).resolve().parents[3] / "protos/tuan_api/v1"

#: Methods whose every request is right.
FAULTLESS = {"AdminService.GetStatus"}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wrong_request(world: World, case: Case) -> None:
    """Goal: a mistake is answered with its documented reason and place. Method: one wrong request each, over the socket."""
    outcome = world.call(case.method, case.make(world), key=world.theirs if case.theirs else world.mine)
    assert outcome.reason == case.reason, outcome
    assert outcome.status == documented()[case.reason][0]
    assert outcome.message
    assert outcome.details_bytes < 4_096
    if case.field:
        assert outcome.metadata == {"field": case.field}, outcome
        assert outcome.field_name == case.field
    assert set(outcome.metadata) <= documented()[case.reason][1], "metadata keys that the reason's page does not list"
    assert outcome.metadata or not documented()[case.reason][1], "the reason's page promises metadata"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_wrong_request_changes_nothing_for_its_id(world: World, case: Case) -> None:
    """Goal: a refused write does not use its request id up. Method: the same wrong request twice is the same refusal."""
    request = case.make(world)
    key = world.theirs if case.theirs else world.mine
    first, second = world.call(case.method, request, key=key), world.call(case.method, request, key=key)
    assert (first.status, first.reason, first.field_name) == (second.status, second.reason, second.field_name)


def test_every_method_has_cases() -> None:
    """Goal: no method is forgotten. Method: compare the table with the descriptors."""
    assert set(methods()) == {case.method for case in CASES} | FAULTLESS


@pytest.mark.parametrize("method", sorted(set(methods())))
@pytest.mark.parametrize(
    "raw", [b"\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x02\xc3\x28"], ids=["tag", "length", "utf8"]
)
def test_bytes_that_are_no_message(world: World, method: str, raw: bytes) -> None:
    """Goal: the sender's broken bytes are not reported as our fault. Method: an unknown tag, a length beyond the end, bad UTF-8."""
    outcome = world.call(method, raw)
    if outcome.status == "OK":  # it has no field 1 of that type: the bytes are unknown fields to it
        return
    assert outcome.status == "INVALID_ARGUMENT", outcome


@cache
def documented() -> dict[str, tuple[str, set[str]]]:
    """(status, metadata keys) by reason, from the comments of error_reason.proto."""
    text = (PROTOS / "error_reason.proto").read_text(encoding="utf-8")
    found = re.findall(r"// Status: (\w+)\n\s*// Metadata: (.+)\n\s*// Sample: .+\n\s*ERROR_REASON_(\w+) =", text)
    assert len(found) == len(descriptor_pool.Default().FindEnumTypeByName("tuan_api.v1.ErrorReason").values) - 1
    return {reason: (status, set() if keys == "none" else set(keys.split(", "))) for status, keys, reason in found}
