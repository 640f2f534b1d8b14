"""A failure that several requests may have to be told of, each by an exception of its own.

An exception that is raised in two tasks would carry both their tracebacks; so the engine keeps what is to be said, and
an exception is made of it where it is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from httpcore_interfaces import HTTPCoreError

__all__ = ["Failure"]


class Failure:
    """What went wrong: the exception's class and sentence, its cause, and what that says about a retry.

    `unprocessed`: the server has said that it did not act on the request (RFC 9113, 8.7), so any method may be sent
    again.
    """

    __slots__ = ("cause", "kind", "sentence", "unprocessed")

    def __init__(
        self,
        kind: type[HTTPCoreError],
        sentence: str,
        cause: BaseException | None = None,
        *,
        unprocessed: bool = False,
    ) -> None:
        self.kind = kind
        self.sentence = sentence
        self.cause = cause
        self.unprocessed = unprocessed

    def error(self) -> HTTPCoreError:
        """A new exception, its cause set."""
        error = self.kind(self.sentence)
        error.__cause__ = self.cause
        if self.unprocessed:
            error.add_details(safe_to_retry=True, unprocessed=True)
        return error
