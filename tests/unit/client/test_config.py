"""Settings of the client that cannot work are refused where they are made."""

from __future__ import annotations

from typing import Any

import pytest

from tuan_client import ClientConfig, Tls


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"target": ""}, "target is empty"),
        ({"deadline_s": 0}, "deadline_s is 0; write a number from 0.001 to 3600"),
        ({"attempt_count_max": 0}, "attempt_count_max"),
        ({"channel_count": 65}, "channel_count"),
        ({"batch_size_max": 257}, "batch_size_max is 257; write a number from 1 to 256"),
        ({"batch_wait_ms": -1}, "batch_wait_ms"),
    ],
)
def test_a_value_out_of_range_is_refused(settings: dict[str, Any], told: str) -> None:
    """Goal: the message says what to write. Method: one wrong value at a time."""
    with pytest.raises(ValueError, match=told):
        ClientConfig(**{"target": "localhost:1", **settings})


@pytest.mark.parametrize(
    "target",
    [
        "localhost:1",
        "127.0.0.1:1",
        "127.8.8.8:1",
        "[::1]:1",
        "unix:/run/tuan.sock",
        "dns:///localhost:1",
        "ipv4:127.0.0.1:1",
    ],
)
def test_a_token_may_go_to_this_machine_in_the_clear(target: str) -> None:
    """Goal: development without certificates. Method: names of this machine."""
    assert ClientConfig(target, token="key").target == target


@pytest.mark.parametrize(
    "target", ["shop.example.com:1", "10.0.0.1:1", "localhost.example.com:1", "127.0.0.1.example.com:1"]
)
def test_a_token_does_not_go_to_another_machine_in_the_clear(target: str) -> None:
    """Goal: a forgotten tls does not give the key away. Method: names of other machines, some that look like this one."""
    with pytest.raises(ValueError, match="unencrypted"):
        ClientConfig(target, token="key")
    assert ClientConfig(target, token="key", tls=Tls()).tls == Tls()
    assert ClientConfig(target, token="key", allow_plaintext_token=True).token == "key"
    assert ClientConfig(target).token == ""
