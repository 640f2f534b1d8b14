"""How much of anything a response may have before it is refused.

None of these numbers is in the protocol: RFC 9110, 2.3 and 5.4, leaves them to whoever receives. Without them one server
could hold a caller for ever (1xx responses) or fill its memory (fields, trailers, chunk extensions).
"""

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one response may have at most. Beyond a limit, `RemoteProtocolError` is raised and the connection closed.

    - `head_bytes`: the status line and the header fields, with their line ends.
    - `fields`: the number of header fields, of every single head.
    - `trailer_bytes`, `trailer_fields`: the same for the trailer section.
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


DEFAULT_LIMITS = Limits()
