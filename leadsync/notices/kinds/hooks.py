"""What is told of outgoing webhooks."""

from django.utils.translation import gettext as _

from leadsync.notices.kinds.base import Facts, Words, registered, sentences


@registered("webhook_failing", "webhook", "bad")
def _webhook_failing(facts: Facts) -> Words:
    """name, since, is_gone."""
    name, since = facts["name"], facts.time("since")
    if facts["is_gone"]:
        return Words(
            _("Webhook “%(name)s” is switched off: its address is gone") % {"name": name},
            sentences(
                _("The other side answered 410: it does not want any more."),
                _("Next step: put in the new address, switch it on, and send again what was given up."),
            ),
            _("Open the webhook"),
        )
    return Words(
        _("Webhook “%(name)s” cannot be reached since %(since)s") % {"name": name, "since": since}
        if since
        else _("Webhook “%(name)s” does not take some messages") % {"name": name},
        sentences(
            _("What happens meanwhile is kept and tried again."),
            _(
                "Next step: look at the answers in the log, repair the other side, and send again what was given up."
            ),
        ),
        _("Open the webhook"),
    )
