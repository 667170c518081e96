"""What a Temporal history keeps of an exception: what it is and where it arose, and what was said to be read; no text that nobody foresaw."""

from __future__ import annotations

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.exceptions import ApplicationError

from runtime.payloads import DATA_CONVERTER

PERSONAL = "Wang Wei <wang@example.net>"


def failing(kind: type[Exception]) -> None:
    raise kind(PERSONAL)


def recorded(exception: BaseException) -> Failure:
    failure = Failure()
    DATA_CONVERTER.failure_converter.to_failure(exception, DATA_CONVERTER.payload_converter, failure)
    return failure


def test_of_what_nobody_foresaw_the_place_is_kept_and_not_the_text() -> None:
    with pytest.raises(ValueError, match="Wang") as raised:
        failing(ValueError)
    failure = recorded(raised.value)
    assert failure.message.startswith("ValueError:failing:")
    assert failure.application_failure_info.type == "ValueError"
    assert "failing" in failure.stack_trace
    assert PERSONAL.encode() not in failure.SerializeToString()


def led_to_another(kind: type[Exception], text: str, *, told: bool = True) -> None:
    try:
        failing(KeyError)
    except KeyError as cause:
        if told:
            raise kind(text) from cause
        raise kind(text)  # noqa: B904 - what it was handled in is its context


@pytest.mark.parametrize("told", [True, False])
def test_nor_of_what_led_to_it(*, told: bool) -> None:
    with pytest.raises(LookupError) as raised:
        led_to_another(LookupError, PERSONAL, told=told)
    failure = recorded(raised.value)
    assert failure.cause.message.startswith("KeyError:failing:")
    assert PERSONAL.encode() not in failure.SerializeToString()


def test_what_we_say_ourselves_is_kept() -> None:
    with pytest.raises(ApplicationError) as raised:
        led_to_another(ApplicationError, "the deal is won")
    failure = recorded(raised.value)
    assert failure.message == "the deal is won"
    assert failure.cause.message.startswith("KeyError:failing:")
    assert PERSONAL.encode() not in failure.SerializeToString()
