"""runtime: how an exception becomes a failure in a Temporal history — what it is and where it arose, without its text.

The text of an exception that nobody foresaw may hold what was being worked on: a name, an address, a row of the database. Histories are
kept for days by a server that is not ours to erase in. What we say ourselves in an `ApplicationError` is written for being read, and stays.
"""

from __future__ import annotations

from traceback import extract_tb

import nexusrpc
from temporalio.api.failure.v1 import Failure
from temporalio.converter import DefaultFailureConverter, PayloadConverter
from temporalio.exceptions import ApplicationError, FailureError


class Failures(DefaultFailureConverter):
    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        if isinstance(exception, FailureError | nexusrpc.HandlerError):
            return super().to_failure(exception, payload_converter, failure)
        told = ApplicationError(where(exception), type=type(exception).__name__)
        told.__traceback__ = exception.__traceback__
        told.__cause__ = exception.__cause__ or (
            None if exception.__suppress_context__ else exception.__context__
        )
        return super().to_failure(told, payload_converter, failure)


def where(exception: BaseException) -> str:
    """`ValueError:deliver:87`: its type, and the function and line that raised it."""
    frames = extract_tb(exception.__traceback__)
    kind = type(exception).__name__
    return f"{kind}:{frames[-1].name}:{frames[-1].lineno}" if frames else kind
