"""What is told of campaigns and contact points."""

from django.utils.translation import gettext as _

from leadsync.notices.kinds.base import Facts, Group, Words, named, registered, sentences


@registered("gate_passed", "check", "ok", group=Group.GATES)
def _gate_passed(facts: Facts) -> Words:
    """campaign, promising, size, needed."""
    return Words(
        _("%(n)d of the first %(size)d leads promising: %(campaign)s passed")
        % {"n": facts.count("promising"), "size": facts.count("size"), "campaign": facts["campaign"]},
        _("Needed: %(n)d.") % {"n": facts.count("needed")},
        _("Open the campaign"),
    )


@registered("gate_failed", "alert", "bad", group=Group.GATES)
def _gate_failed(facts: Facts) -> Words:
    """campaign, promising, size, needed."""
    return Words(
        _("%(n)d of the first %(size)d leads promising: %(campaign)s did not pass")
        % {"n": facts.count("promising"), "size": facts.count("size"), "campaign": facts["campaign"]},
        sentences(
            _("Needed: %(n)d.") % {"n": facts.count("needed")},
            _("Next step: stop, change and test again, or continue with both signatures."),
        ),
        _("Open the campaign"),
    )


@registered("point_broken", "phone-off", "bad", group=Group.CHANNELS)
def _point_broken(facts: Facts) -> Words:
    """point, channel, reported_by, note, responsible."""
    return Words(
        _("Does not work: %(point)s") % {"point": facts["point"]},
        sentences(
            named(_("Channel"), facts["channel"]),
            named(_("Tried by"), facts["reported_by"]),
            named(_("Note"), facts["note"]),
            named(_("Responsible"), facts["responsible"]),
            _("Next step: repair it, try it, and press “It works”."),
        ),
        _("Open the channels"),
    )


@registered("point_works", "phone", "ok", group=Group.CHANNELS)
def _point_works(facts: Facts) -> Words:
    """point, channel, reported_by."""
    return Words(
        _("Works again: %(point)s") % {"point": facts["point"]},
        sentences(named(_("Channel"), facts["channel"]), named(_("Tried by"), facts["reported_by"])),
        _("Open the channels"),
    )
