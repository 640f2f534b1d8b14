"""Origins that want HTTP/1.1 are remembered for a while, and not without number."""

from __future__ import annotations

from httpcore_pool._core.old_fashioned import OldFashioned, is_old_fashioned
from httpcore_pool._core.settings import Settings

KEY = (b"https", b"a", 443, None, None)


def test_an_origin_is_remembered_for_an_hour() -> None:
    memory = OldFashioned()
    assert not memory
    assert memory.key_for(KEY, 0.0) == KEY
    memory.add(KEY, 10.0)
    assert memory
    other = memory.key_for(KEY, 3600.0)
    assert other != KEY
    assert is_old_fashioned(other)
    assert not is_old_fashioned(KEY)
    memory.add(KEY, 20.0)
    assert memory.key_for(KEY, 3615.0) == other
    assert memory.key_for(KEY, 3620.0) == KEY
    assert not memory


def test_the_number_of_origins_is_bounded_and_the_last_are_remembered() -> None:
    memory = OldFashioned()
    for number in range(2000):
        memory.add(number, 0.0)
    assert len(memory) == 1000
    assert memory.key_for(999, 0.0) == 999
    assert memory.key_for(1000, 0.0) != 1000


def test_settings_for_http11_are_the_same_but_for_the_protocol() -> None:
    settings = Settings(backend=None, http2=True, retries=3)
    other = settings.for_http11()
    assert other.alpn_protocols == ("http/1.1",)
    assert other.retries == 3
    assert settings.alpn_protocols == ("h2", "http/1.1")
