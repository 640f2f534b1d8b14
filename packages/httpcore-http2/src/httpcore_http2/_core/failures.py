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
    again. `http11_required`: it has also said that it wants to see it over HTTP/1.1 (RFC 9113, 7).
    """

    __slots__ = ("cause", "http11_required", "kind", "sentence", "unprocessed")

    def __init__(
        self,
        kind: type[HTTPCoreError],
        sentence: str,
        cause: BaseException | None = None,
        *,
        unprocessed: bool = False,
        http11_required: bool = False,
    ) -> None:
        self.kind = kind
        self.sentence = sentence
        self.cause = cause
        self.unprocessed = unprocessed
        self.http11_required = http11_required

    def error(self) -> HTTPCoreError:
        """A new exception, its cause set."""
        error = self.kind(self.sentence)
        error.__cause__ = self.cause
        if self.unprocessed:
            error.add_details(
                safe_to_retry=True,
                unprocessed=True,
                http11_required=self.http11_required or None,
            )
        return error
