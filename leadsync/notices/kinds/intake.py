"""What is told of messages that other programs send."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences


@registered("unreadable_messages", "alert", "bad")
def _unreadable_messages(facts: Facts) -> Words:
    """count, source, campaign."""
    count = facts.count()
    return Words(
        ngettext(
            "%(n)d message could not be read: %(source)s",
            "%(n)d messages could not be read: %(source)s",
            count,
        )
        % {"n": count, "source": facts["source"]},
        sentences(
            named(_("Campaign"), facts["campaign"]),
            _("Nothing is lost. Next step: see why, correct what goes where, and try again."),
        ),
        _("Open the messages"),
    )


@registered("source_token", "key-round", "bad")
def _source_token(facts: Facts) -> Words:
    """source, campaign, why."""
    reasons = {
        "token_expired": _("Meta no longer accepts the access token."),
        "not_allowed": _("The access token may not read leads."),
        "no_token": _("An access token is missing."),
    }
    return Words(
        _("Leads of %(source)s cannot be fetched") % {"source": facts["source"]},
        sentences(
            reasons.get(str(facts["why"]), ""),
            named(_("Campaign"), facts["campaign"]),
            _("Next step: make a new token at Meta and save it here. What waits is fetched then."),
        ),
        _("Open the source"),
    )
