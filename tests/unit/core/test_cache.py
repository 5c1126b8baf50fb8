"""The cache while Redis is away: misses, at once."""

import socket
from collections.abc import Iterator

import pytest

from leadsync.core.cache import PatientRedisCache


@pytest.fixture
def away() -> Iterator[PatientRedisCache]:
    """A cache at a port of loopback on which nobody listens."""
    with socket.socket() as held:  # bound, not listening: nobody else takes the port meanwhile
        held.bind(("127.0.0.1", 0))
        yield PatientRedisCache(f"redis://127.0.0.1:{held.getsockname()[1]}/0", {})


def test_nothing_is_known_and_nothing_fails(away: PatientRedisCache) -> None:
    away.set("a", 1)
    away.set_many({"a": 1, "b": 2})
    assert away.get("a") is None
    assert away.get("a", "else") == "else"
    assert away.get_many(["a", "b"]) == {}
    assert away.get_or_set("a", 3) == 3
    assert "a" not in away
    assert away.add("a", 1) is True
    assert away.incr("a", 2) == 2
    assert away.touch("a") is False
    assert away.delete("a") is False
    away.delete_many(["a", "b"])
    away.clear()


def test_a_page_that_asks_often_waits_once(away: PatientRedisCache, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []
    connect = socket.socket.connect

    def counted(self: socket.socket, address: object) -> None:
        tried.append(address)
        connect(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", counted)
    for _turn in range(20):
        away.get("a")
    assert 1 <= len(tried) <= 2


def test_a_fault_that_is_not_redis_being_away_is_not_hidden(away: PatientRedisCache) -> None:
    with pytest.raises(AttributeError):
        away.set("a", lambda: None)
