"""What is told of leads that became one, and of those that are two again."""

from django.utils.translation import gettext as _

from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences


@registered("lead_merged", "users", "acc")
def _lead_merged(facts: Facts) -> Words:
    """lead, company, other: what the other lead was called, by."""
    return Words(
        _("Two leads are one now: %(lead)s") % {"lead": facts.lead()},
        sentences(
            _("Merged with: %(other)s.") % {"other": facts["other"]} if facts["other"] else "",
            named(_("By"), facts["by"]),
            _("Everything of both is on its page, where the merge can be undone."),
        ),
        _("Open the lead"),
    )


@registered("lead_parted", "undo", "acc")
def _lead_parted(facts: Facts) -> Words:
    """lead, company, other: what the lead is called that is back, by."""
    return Words(
        _("A merge was undone: %(lead)s") % {"lead": facts.lead()},
        sentences(
            _("A lead of its own again: %(other)s.") % {"other": facts["other"]} if facts["other"] else "",
            named(_("By"), facts["by"]),
        ),
        _("Open the lead"),
    )
