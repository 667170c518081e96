"""runtime: a survey as a mail to a customer's contact, with the link to answer it by."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.customer.facts import Contact
from domain.engine.reasoning import Language
from domain.engine.values import NAMESPACE, id_within
from domain.survey.survey import Survey
from runtime.channels.message import Channel, Message, Notice, TryAgain, Undeliverable
from runtime.channels.words import moment
from runtime.language import catalogue
from runtime.outgoing import Outgoing
from runtime.surveys.links import PATH, LinkKey, SurveyLink, signed

GIVEN_UP_AFTER = timedelta(days=3)
"""A server that takes nothing for so long is not asked once more."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SurveyMails:
    """`channel` is the one for mails; `outgoing` says who asks."""

    key: LinkKey
    channel: Channel
    outgoing: Outgoing = field(default_factory=Outgoing)

    async def send(
        self, invitation_id: UUID, contact: Contact, survey: Survey, language: Language, at: datetime
    ) -> str:
        """Empty where it was taken, else why the address takes nothing. Raises TryAgain where it may be taken later. Sent again, it has the
        id that it had.
        """
        expires_at = at + timedelta(days=survey.open_days)
        token = signed(await self.key(), SurveyLink(invitation_id, expires_at))
        message = _message(invitation_id, contact, survey, language, at, expires_at, token)
        try:
            await self.channel.send(replace(message, company=self.outgoing.called(language)))
        except Undeliverable as refused:
            return refused.code
        except TryAgain as refused:
            if datetime.now(UTC) - at < GIVEN_UP_AFTER:
                raise
            log.warning("a survey was not sent: %s", refused.code)
            return refused.code
        return ""


def _message(
    invitation_id: UUID,
    contact: Contact,
    survey: Survey,
    language: Language,
    at: datetime,
    expires_at: datetime,
    token: str,
) -> Message:
    title = survey.zh if language == "zh" else survey.en
    path = PATH.format(token=token)
    until = moment(expires_at, language, UTC).rpartition(" ")[0]
    return Message(
        id=id_within(NAMESPACE, f"survey-mail:{invitation_id}"),
        channel="mail",
        language=language,
        timezone="UTC",
        notices=(Notice(kind="survey", at=at, sentence=title, path=path, thread=None),),
        digest=False,
        why=catalogue(language).say("You can answer until {until}. You are asked once.", until=until),
        to=contact.mail,
        name=contact.name,
        unsubscribe=f"{path}/stop",
        template="survey",
    )
