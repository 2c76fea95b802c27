"""Settings: read from the environment, refused with names, and described in one document."""

from __future__ import annotations

from pathlib import Path

import pytest

from tuan.domain.errors import Reason
from tuan.settings import Settings, SettingsError, load, page, variable

DOCUMENT = Path(__file__).parents[2] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own TUAN_ variables do not matter to these tests."""
    for name in Settings.model_fields:
        monkeypatch.delenv(variable(name), raising=False)


def test_document_is_what_the_class_says() -> None:
    """Goal: the document cannot lie. Method: compare it with the printed one; `python -m tuan.settings > docs/settings.md`."""
    assert DOCUMENT.read_text(encoding="utf-8") == page.render()


def test_every_field_is_described() -> None:
    """Goal: each setting has a section and a sentence. Method: look at every field."""
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
        assert page.section(field), name


def test_defaults_are_the_embedded_stores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Goal: the engine runs without a single setting. Method: load from an empty environment in an empty folder."""
    monkeypatch.chdir(tmp_path)
    loaded = load()
    assert (loaded.data_dir, loaded.redis_url, loaded.redis_bin) == (Path("data"), "", None)
    assert loaded.database_url == f"sqlite:///{tmp_path}/data/tuan.db"
    assert loaded.rules_dir == tmp_path / "data" / "rules"
    assert (loaded.ack, loaded.batch_window_ms, loaded.batch_size_max) == ("aof", 1, 128)
    assert loaded.payment_hold_ms == 15 * 60 * 1000
    assert not loaded.tls


def test_environment_then_overrides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Goal: command lines go before variables, variables before defaults. Method: all three at once; empty counts as unset."""
    monkeypatch.setenv("TUAN_DATA_DIR", str(tmp_path / "by variable"))
    monkeypatch.setenv("TUAN_BATCH_SIZE_MAX", "64")
    monkeypatch.setenv("TUAN_REDIS_BIN", "")
    loaded = load(data_dir=tmp_path / "by override")
    assert loaded.data_dir == tmp_path / "by override"
    assert (loaded.batch_size_max, loaded.redis_bin) == (64, None)
    assert loaded.database_url.startswith(f"sqlite:///{tmp_path / 'by override'}")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_postgresql_means_psycopg_3(scheme: str) -> None:
    """Goal: the usual spellings of a PostgreSQL URL work. Method: each becomes the driver that the record uses."""
    assert load(database_url=f"{scheme}://me@host/shop").database_url == "postgresql+psycopg://me@host/shop"


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("TUAN_ACK", "maybe", "should be 'aof' or 'sql'; write for example aof"),
        (
            "TUAN_BATCH_SIZE_MAX",
            "many",
            "should be a valid integer, unable to parse string as an integer; write for example 128",
        ),
        ("TUAN_BATCH_SIZE_MAX", "0", "should be greater than or equal to 1; write for example 128"),
        ("TUAN_METADATA_BYTES_MAX", "99999", "should be less than or equal to 16384; write for example 8192"),
        ("TUAN_LISTEN_ADDRESS", "50051", "write host:port; write for example 127.0.0.1:50051"),
        ("TUAN_LISTEN_ADDRESS", "host:70000", "write host:port"),
        ("TUAN_METRICS_ADDRESS", "unix:/x", "write host:port"),
        ("TUAN_REDIS_URL", "localhost:6379", "write redis://host:6379/0"),
        ("TUAN_DATABASE_URL", "mysql://host/x", "write postgresql://user@host/name, or sqlite:////absolute/path.db"),
        ("TUAN_JWT_SECRET", "short", "write at least 32 characters"),
        ("TUAN_ADMIN_KEY", "short", "write at least 16 characters"),
        ("TUAN_REDIS_BIN", "/nowhere/redis-server", "there is no such file"),
        ("TUAN_TLS_KEY_PATH", __file__, "TUAN_TLS_CERT_PATH and TUAN_TLS_KEY_PATH go together"),
        ("TUAN_TLS_CLIENT_CA_PATH", __file__, "TUAN_TLS_CLIENT_CA_PATH needs TLS"),
        ("TUAN_PAYMENT_HOLD_MS", "60000", "TUAN_PAYMENT_HOLD_MS must not be shorter than TUAN_PAYMENT_WINDOW_MS"),
        (
            "TUAN_PROCESSES",
            "4",
            "the record is a SQLite file, which one process alone can write. Set TUAN_DATABASE_URL=postgresql://user@host/name, or leave "
            "TUAN_PROCESSES at 1",
        ),
        ("TUAN_PROCESSES", "0", "should be greater than or equal to 1; write for example 1"),
        ("TUAN_LOG_LEVEL", "loud", "should be 'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_bad_values_name_the_variable_and_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, advice: str
) -> None:
    """Goal: whoever runs the engine can mend the setting without the source. Method: one bad value per kind."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert refused.value.reason is Reason.INVALID_FIELD
    assert name in refused.value.message
    assert advice in refused.value.message


def test_processes_share_a_port_and_not_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: several processes are refused where they cannot share the address. Method: a unix socket, with the database that they need."""
    monkeypatch.setenv("TUAN_DATABASE_URL", "postgresql://me@host/shop")
    assert load(processes=4).processes == 4
    with pytest.raises(SettingsError, match=r"processes cannot share TUAN_LISTEN_ADDRESS=unix:/run/tuan\.sock"):
        load(processes=4, listen_address="unix:/run/tuan.sock")
    assert load(processes=1, listen_address="unix:/run/tuan.sock").processes == 1


def test_all_bad_values_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: one start shows all mistakes. Method: two bad variables, two lines."""
    monkeypatch.setenv("TUAN_ACK", "maybe")
    monkeypatch.setenv("TUAN_LOG_LEVEL", "loud")
    with pytest.raises(SettingsError) as refused:
        load()
    assert len(refused.value.message.splitlines()) == 2


def test_secrets_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: neither an error nor a logged Settings tells a secret. Method: look for it in both."""
    monkeypatch.setenv("TUAN_REDIS_URL", "redis://:hunter2@host:6379")
    monkeypatch.setenv("TUAN_DATABASE_URL", "postgresql://me:hunter2@host/x")
    monkeypatch.setenv("TUAN_JWT_SECRET", "hunter2" * 6)
    assert "hunter2" not in repr(load())
    monkeypatch.setenv("TUAN_JWT_SECRET", "hunter2")
    monkeypatch.setenv("TUAN_REDIS_URL", "redys://:hunter2@host:6379")
    with pytest.raises(SettingsError) as refused:
        load()
    assert "hunter2" not in refused.value.message


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TUAN_DATADIR", "TUAN_DATA_DIR"),
        ("TUAN_BATCH_SIZE", "TUAN_BATCH_SIZE_MAX"),
        ("TUAN_LISTEN", "TUAN_LISTEN_ADDRESS"),
    ],
)
def test_misspelt_variable_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, meant: str) -> None:
    """Goal: a misspelt setting does not silently leave the default in force. Method: names close to real ones."""
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=f"{name} is no setting; did you mean {meant}"):
        load()


@pytest.mark.parametrize("name", ["TUAN_SERVICE_HOST", "TUAN_PORT", "TUAN_PORT_50051_TCP_ADDR", "TUAN_CAMPAIGN"])
def test_variables_of_others_are_let_be(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Goal: an engine in Kubernetes starts beside a service named tuan, and tests may have variables. Method: such names."""
    monkeypatch.setenv(name, "tcp://10.0.0.1:50051")
    assert load().ack == "aof"


def test_unknown_override_is_refused() -> None:
    """Goal: a misspelt override in code is noticed. Method: one that does not exist."""
    with pytest.raises(SettingsError, match="datadir is no setting"):
        load(datadir="x")
