"""How much of anything a response may have before it is refused.

None of these numbers is in the protocol: RFC 9110, 2.3 and 5.4, leaves them to whoever receives. Without them one server
could hold a caller for ever (1xx responses) or fill its memory (fields, trailers, chunk extensions).
"""

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits", "check_options"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one response may have at most. Beyond a limit, `RemoteProtocolError` is raised and the connection closed.

    All are `int`, but for `extension_ratio`, and at least 1; 0 forbids altogether what a response can do without:
    trailer fields, informational responses, extensions. There is no limit that is off: use a large one. Making one raises
    `TypeError` and `ValueError`.

    - `head_bytes`: the status line and the header fields, with their line ends.
    - `fields`: the number of header fields, of every single head.
    - `trailer_bytes`, `trailer_fields`: the same for the trailer section; the first, at least 64, also for a line of a
      chunked body of which the end has not come.
    - `informational`: the number of 1xx responses before the final one.
    - `informational_bytes`: all of them together.
    - `extension_bytes`: all chunk extensions of a response together.
    - `extension_ratio`: how many times as large as the content the chunk extensions may be; not looked at before they
      reach a quarter of `extension_bytes`.
    """

    head_bytes: int = 102_400
    fields: int = 500
    trailer_bytes: int = 16_384
    trailer_fields: int = 100
    informational: int = 100
    informational_bytes: int = 65_536
    extension_bytes: int = 16_384
    extension_ratio: float = 4.0

    def __post_init__(self) -> None:
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be int, but got {type(value).__name__}: {value!r}")
            if value < least:
                raise ValueError(f"{name} must be at least {least}, but got {value}")
        ratio = self.extension_ratio
        if isinstance(ratio, bool) or not isinstance(ratio, (int, float)):
            raise TypeError(
                f"extension_ratio must be a number, but got {type(ratio).__name__}: {ratio!r}"
            )
        if not ratio >= 0:
            raise ValueError(f"extension_ratio must not be negative or NaN, but got {ratio!r}")


_LEAST = {
    "head_bytes": 1,
    "fields": 1,
    "trailer_bytes": 64,
    "trailer_fields": 0,
    "informational": 0,
    "informational_bytes": 1,
    "extension_bytes": 0,
}


DEFAULT_LIMITS = Limits()


def check_options(limits: object, continue_timeout: object, lenient: object) -> None:
    """Raise `TypeError` or `ValueError` for arguments of a connection that cannot be."""
    if not isinstance(limits, Limits):
        raise TypeError(
            f"limits must be a Limits such as Limits(head_bytes=65536), but got {type(limits).__name__}: {limits!r}"
        )
    if isinstance(continue_timeout, bool) or not isinstance(continue_timeout, (int, float)):
        raise TypeError(
            f"continue_timeout must be a number of seconds, but got {type(continue_timeout).__name__}: "
            f"{continue_timeout!r}"
        )
    if not continue_timeout >= 0:
        raise ValueError(
            f"continue_timeout must not be negative or NaN, but got {continue_timeout!r}"
        )
    if not isinstance(lenient, bool):
        raise TypeError(
            f"lenient must be True or False, but got {type(lenient).__name__}: {lenient!r}"
        )
