"""api: business calendars and lengths of time, as rules that are published state them."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field, StringConstraints

from api.engine.fields import SOME, Day, Strict
from domain.engine.values import Checks
from domain.time.calendar import BusinessCalendar
from domain.time.duration import Duration
from runtime.holiday_calendar import Given, calendar_for, with_own_days

Clock = Annotated[str, StringConstraints(pattern=r"^[0-2][0-9]:[0-5][0-9]$"), Field(examples=["09:00"])]
Span = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,6}(\.[0-9]{1,3})?(s|m|h|d|bh|bd)$"),
    Field(
        description="a number and s, m, h, d, bh (business hours) or bd (business days)", examples=["24bh"]
    ),
]
Spans = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=SOME)], Span],
    Field(max_length=100),
]
Year = Annotated[int, Field(ge=2000, le=2100, strict=True)]
Years = Annotated[tuple[Year, ...], Field(max_length=10)]
Length = Annotated[Span, AfterValidator(Duration.parse)]


class Calendar(Strict):
    """Working hours. With a country its public holidays in `years` are resolved now and recorded as dates. `holidays` and
    `extra_workdays` are your own, and win over the country's; of `own_years` they are the whole list, as where a government's is
    out and the library has only an estimate.
    """

    timezone: Annotated[
        str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,60}$"), Field(examples=["Asia/Shanghai"])
    ]
    workdays: Annotated[list[Annotated[int, Field(ge=1, le=7, strict=True)]] | None, Field(max_length=7)] = (
        None
    )
    opens: Clock = "09:00"
    closes: Clock = "18:00"
    country: Annotated[str | None, StringConstraints(pattern=r"^[A-Z]{2}$"), Field(examples=["CN"])] = None
    subdivision: Annotated[
        str | None, StringConstraints(pattern=r"^[\w '-]{1,40}$"), Field(examples=["BY"])
    ] = None
    years: Years = ()
    holidays: Annotated[tuple[Day, ...], Field(max_length=2_000)] = ()
    extra_workdays: Annotated[tuple[Day, ...], Field(max_length=2_000)] = ()
    own_years: Years = ()

    BLOCKING: ClassVar[bool] = True

    def value(self) -> BusinessCalendar:
        """Blocking: the holiday library computes. Raises Invalid."""
        workdays = None if self.workdays is None else tuple(self.workdays)
        given = Given(self.holidays, self.extra_workdays, self.own_years)
        if self.country is not None:
            return calendar_for(
                self.country,
                self.timezone,
                years=self.years,
                subdivision=self.subdivision,
                workdays=workdays,
                opens=self.opens,
                closes=self.closes,
                given=given,
            )
        self._check_needs_no_country()
        plain = BusinessCalendar(
            self.timezone, (1, 2, 3, 4, 5) if workdays is None else workdays, self.opens, self.closes
        )
        return with_own_days(plain, given, self.own_years)

    def _check_needs_no_country(self) -> None:
        checks = Checks()
        checks.that(
            not self.years,
            "calendar.years",
            "are taken from a country's calendar: name the country; or name years whose days you give yourself in own_years",
        )
        checks.that(
            self.subdivision is None, "calendar.subdivision", "belongs to a country: name the country"
        )
        checks.done()
