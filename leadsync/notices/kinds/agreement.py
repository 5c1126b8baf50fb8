"""What is told of the agreement and its signatures."""

from django.utils.translation import gettext as _

from leadsync.notices.kinds.base import Facts, Group, Words, named, registered, sentences


@registered("agreement_proposed", "sign", "acc")
def _agreement_proposed(facts: Facts) -> Words:
    """number, proposed_by, note."""
    return Words(
        _("Agreement, version %(n)d: your signature") % {"n": facts.count("number")},
        sentences(named(_("Proposed by"), facts["proposed_by"]), named(_("What changes"), facts["note"])),
        _("Read and sign"),
    )


@registered("agreement_signed", "sign", "ok", group=Group.AGREEMENT)
def _agreement_signed(facts: Facts) -> Words:
    """number, signed_by, is_in_force."""
    return Words(
        _("Agreement, version %(n)d: signed by %(name)s")
        % {"n": facts.count("number"), "name": facts["signed_by"]},
        _("It is in force from now on.") if facts["is_in_force"] else _("The other signature is missing."),
        _("Open the agreement"),
        _("Agreement, version %(n)d: in force") % {"n": facts.count("number")},
    )


@registered("agreement_cleared", "sign", "warn")
def _agreement_cleared(facts: Facts) -> Words:
    """number, changed_by, note."""
    return Words(
        _("Agreement, version %(n)d: your signature is cleared") % {"n": facts.count("number")},
        sentences(
            named(_("Changed by"), facts["changed_by"]),
            named(_("What changes"), facts["note"]),
            _("Next step: read the new wording and sign it."),
        ),
        _("Read and sign"),
    )


@registered("agreement_reminder", "sign", "warn")
def _agreement_reminder(facts: Facts) -> Words:
    """number, proposed_at."""
    return Words(
        _("Agreement, version %(n)d: your signature is missing") % {"n": facts.count("number")},
        sentences(
            named(_("Proposed"), facts.time("proposed_at")),
            _("Next step: sign it, or say what should change."),
        ),
        _("Read and sign"),
    )


@registered("agreement_withdrawn", "undo", "acc")
def _agreement_withdrawn(facts: Facts) -> Words:
    """number, withdrawn_by, is_gone."""
    return Words(
        _("Agreement, version %(n)d: withdrawn by %(name)s")
        % {"n": facts.count("number"), "name": facts["withdrawn_by"]},
        _("It was discarded; nobody has to sign it.")
        if facts["is_gone"]
        else _("It is a draft again; nobody has to sign it now."),
        _("Open the agreement"),
    )
