"""Mails of accounts. They are sent after the commit, so nobody gets a link to what was rolled back."""

from dataclasses import dataclass
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from leadsync.accounts.models import Invitation
from leadsync.accounts.selectors import company

log = structlog.get_logger(__name__)


@dataclass
class Delivery:
    """Whether a mail went out; None until the commit."""

    is_sent: bool | None = None


def send_invitation(invitation: Invitation, token: str, delivery: Delivery) -> None:
    """Send the link in the receiver's language. A mail server that refuses is logged and told."""
    of = company()
    with translation.override(invitation.language), timezone.override(of.tz):
        context = {
            "invitation": invitation,
            "company": of,
            "url": settings.LEADSYNC_BASE_URL + reverse("accounts:invitation", args=[token]),
        }
        mail = EmailMultiAlternatives(
            subject=render_to_string("accounts/mail/invitation_subject.txt", context).strip(),
            body=render_to_string("accounts/mail/invitation.txt", context),
            to=[invitation.email],
        )
        mail.attach_alternative(render_to_string("accounts/mail/invitation.html", context), "text/html")
    try:
        mail.send()
    except (OSError, SMTPException) as error:
        log.warning("invitation_not_sent", invitation=invitation.pk, error=repr(error))
        delivery.is_sent = False
    else:
        delivery.is_sent = True
