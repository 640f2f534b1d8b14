"""What becomes of a test whose server is not there."""

import pytest

from . import servers


@pytest.fixture(autouse=True)
def missing(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Nothing of this comes into the summary."""
    found: dict[str, str] = {}
    monkeypatch.setattr(servers, "MISSING", found)
    return found


def test_missing_server_is_a_failure_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="apt-get install the-package"):
        servers.program("no-such-server", "the-package")


def test_missing_server_is_a_skip_that_is_remembered_elsewhere(
    monkeypatch: pytest.MonkeyPatch, missing: dict[str, str]
) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install the-package"):
        servers.program("no-such-server", "the-package")
    assert missing == {"no-such-server": "the-package"}
