"""What is told of disputed marks."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leadsync.core.words import quoted
from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences

MARKS = {
    "qualified": gettext_lazy("Qualified"),
    "promising": gettext_lazy("Promising"),
    "not_a_fit": gettext_lazy("Not a fit"),
    "unreachable": gettext_lazy("Unreachable"),
}


def _marks(facts: Facts) -> str:
    """ "Not a fit → Qualified": the mark as it is, and what it should be."""
    return " → ".join(str(MARKS.get(facts[key], facts[key])) for key in ("mark", "wanted") if facts[key])


@registered("dispute_opened", "scale", "warn")
def _dispute_opened(facts: Facts) -> Words:
    """lead, company, mark, wanted, disputed_by, text."""
    return Words(
        _("Mark disputed by %(name)s: %(lead)s") % {"name": facts["disputed_by"], "lead": facts.lead()},
        sentences(
            named(_("Mark"), _marks(facts)),
            quoted(facts["text"]),
            _("Both heads decide, or the director."),
        ),
        _("Open the dispute"),
    )


@registered("dispute_differs", "scale", "warn")
def _dispute_differs(facts: Facts) -> Words:
    """lead, company, mark, wanted, disputed_by, text."""
    return Words(
        _("The heads differ about a mark: %(lead)s") % {"lead": facts.lead()},
        sentences(
            named(_("Mark"), _marks(facts)),
            named(_("Disputed by"), facts["disputed_by"]),
            _("Next step: decide."),
        ),
        _("Open the dispute"),
    )


@registered("dispute_decided", "scale", "ok")
def _dispute_decided(facts: Facts) -> Words:
    """lead, company, mark, wanted, state, by, note."""
    is_changed = facts["state"] == "overturned"
    title = _("Dispute decided, the mark is changed: %(lead)s")
    if not is_changed:
        title = _("Dispute decided, the mark stays: %(lead)s")
    return Words(
        title % {"lead": facts.lead()},
        sentences(
            named(_("Mark"), _marks(facts) if is_changed else MARKS.get(facts["mark"], facts["mark"])),
            named(_("Decided by"), facts["by"]),
            named(_("Note"), facts["note"]),
        ),
        _("Open the dispute"),
    )


@registered("dispute_withdrawn", "undo", "")
def _dispute_withdrawn(facts: Facts) -> Words:
    """lead, company, mark, disputed_by."""
    return Words(
        _("Dispute withdrawn by %(name)s: %(lead)s") % {"name": facts["disputed_by"], "lead": facts.lead()},
        _("The mark stays."),
        _("Open the dispute"),
    )


@registered("dispute_settled", "scale", "ok")
def _dispute_settled(facts: Facts) -> Words:
    """lead, company, mark, wanted."""
    return Words(
        _("Sales changed the mark you disputed: %(lead)s") % {"lead": facts.lead()},
        _("Nothing is left to decide."),
        _("Open the dispute"),
    )
