"""What a limit may be, and the other options of a connection."""

from typing import Any

import pytest

from httpcore_http11 import DEFAULT_LIMITS, AsyncHTTP11Connection, HTTP11Connection, Limits
from httpcore_interfaces import Origin
from httpcore_interfaces.testing import AsyncScriptedStream, ScriptedStream

LEAST = {
    "head_bytes": 1,
    "fields": 1,
    "trailer_bytes": 64,
    "trailer_fields": 0,
    "informational": 0,
    "informational_bytes": 1,
    "extension_bytes": 0,
}
ORIGIN = Origin(b"http", b"a", 80)


def of_wrong_kind(name: str, value: object) -> Any:
    return {name: value}


def test_the_defaults_can_be_made() -> None:
    assert Limits() == DEFAULT_LIMITS
    assert sorted([*LEAST, "extension_ratio"]) == sorted(Limits.__slots__)


@pytest.mark.parametrize(("name", "least"), LEAST.items())
def test_a_limit_is_a_number_of_things(name: str, least: int) -> None:
    assert getattr(Limits(**of_wrong_kind(name, least)), name) == least
    for value in (least - 1, -5):
        with pytest.raises(ValueError, match=f"^{name} must be at least {least}, but got {value}$"):
            Limits(**of_wrong_kind(name, value))
    for wrong in ("5", 5.0, True, None):
        with pytest.raises(TypeError, match=f"^{name} must be int, but got {type(wrong).__name__}"):
            Limits(**of_wrong_kind(name, wrong))


def test_a_ratio_is_a_number() -> None:
    for value in (0, 0.5, 1, float("inf")):
        assert Limits(extension_ratio=value).extension_ratio == value
    for wrong in (-0.1, float("nan")):
        with pytest.raises(ValueError, match=r"^extension_ratio must not be negative or NaN"):
            Limits(extension_ratio=wrong)
    for other in ("1", True, None):
        with pytest.raises(TypeError, match=r"^extension_ratio must be a number, but got"):
            Limits(**of_wrong_kind("extension_ratio", other))


@pytest.mark.parametrize(
    ("connection", "stream"),
    [(AsyncHTTP11Connection, AsyncScriptedStream), (HTTP11Connection, ScriptedStream)],
)
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"limits": {"fields": 5}}, TypeError, "limits must be a Limits such as .* but got dict"),
        ({"limits": None}, TypeError, "limits must be a Limits such as .* but got NoneType"),
        ({"continue_timeout": None}, TypeError, "continue_timeout must be a number of seconds"),
        ({"continue_timeout": -1}, ValueError, "continue_timeout must not be negative or NaN"),
        ({"continue_timeout": float("nan")}, ValueError, "must not be negative or NaN"),
        ({"lenient": "no"}, TypeError, "lenient must be True or False, but got str"),
    ],
)
def test_options_of_a_connection_are_checked(
    connection: Any, stream: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    connection(ORIGIN, stream(), limits=Limits(fields=5), continue_timeout=0, lenient=True)
    with pytest.raises(error, match=message):
        connection(ORIGIN, stream(), **options)
