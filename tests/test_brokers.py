"""The servers of the tests: found, started, broken and ended."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.brokers import Broker, find_server


def test_the_server_that_is_named_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXWS_REDIS_BIN", "/opt/some-server")
    assert find_server() == Path("/opt/some-server")


def test_then_one_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NEXWS_REDIS_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("redis-server", "valkey-server"):
        (tmp_path / name).touch(mode=0o755)
        assert find_server() == tmp_path / name


def test_then_that_of_the_wheel_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEXWS_REDIS_BIN", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    found = find_server()
    assert found is None or found.name == "valkey-server"
    monkeypatch.setattr("tests.brokers.find_spec", lambda name: None)
    assert find_server() is None


def test_what_is_acknowledged_outlives_a_crash(own_broker: Broker) -> None:
    """On the same port; without its data it is another one."""
    own_broker.command("SET", "a", "1")
    run = own_broker.info("run_id")
    own_broker.kill()
    with pytest.raises(redis.ConnectionError):
        own_broker.command("PING")
    own_broker.start()
    assert own_broker.command("GET", "a") == "1"
    assert own_broker.info("run_id") != run
    own_broker.kill()
    own_broker.lose()
    own_broker.start()
    assert own_broker.command("GET", "a") is None


def test_a_frozen_server_answers_when_it_is_thawed(own_broker: Broker) -> None:
    own_broker.freeze()
    client = redis.Redis(port=own_broker.port, socket_timeout=0.05, retry=Retry(NoBackoff(), 0))
    with pytest.raises(redis.TimeoutError):
        client.ping()
    client.close()
    own_broker.thaw()
    assert own_broker.command("PING")


def test_a_replica_is_promoted_with_what_it_has(
    own_broker: Broker, broker_server: Path, tmp_path: Path
) -> None:
    """It says that it is another one by ``master_replid``."""
    own_broker.command("SET", "a", "1")
    (folder := tmp_path / "replica").mkdir()
    with Broker(broker_server, folder) as replica:
        replica.replicate(own_broker.port)
        assert replica.command("GET", "a") == "1"
        with pytest.raises(redis.ReadOnlyError):
            replica.command("SET", "a", "2")
        before = replica.info("master_replid")
        replica.promote()
        replica.command("SET", "a", "2")
        assert replica.info("master_replid") != before
        assert own_broker.command("GET", "a") == "1"


def test_a_server_that_does_not_start_says_why(broker_server: Path, tmp_path: Path) -> None:
    broker = Broker(broker_server, tmp_path)
    broker.options = ["--no-such-option", "1"]
    with pytest.raises(RuntimeError, match="does not answer"):
        broker.start()
