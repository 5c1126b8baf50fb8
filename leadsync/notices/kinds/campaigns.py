"""What is told of campaigns and contact points."""

from django.utils.translation import gettext as _
from django_countries import countries

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


def _market(facts: Facts) -> str:
    """Country and segment as people say them."""
    country = str(countries.name(facts["country"])) if facts["country"] else ""
    return ", ".join(part for part in (country, str(facts["segment"])) if part)


@registered("review_asked", "eye", "acc")
def _review_asked(facts: Facts) -> Words:
    """campaign, country, segment, asker."""
    return Words(
        _("To review: %(campaign)s") % {"campaign": facts["campaign"]},
        sentences(
            named(_("Market"), _market(facts)),
            named(_("Asked by"), facts["asker"]),
            _("Next step: clear it, or object and say why."),
        ),
        _("Open the campaign"),
    )


@registered("review_decided", "eye", "acc")
def _review_decided(facts: Facts) -> Words:
    """campaign, state, note, who."""
    match facts["state"]:
        case "cleared":
            title, step = _("Cleared by sales: %(campaign)s"), _("Next step: go live.")
        case "overruled":
            title, step = _("Decided by the director: %(campaign)s may go live"), _("Next step: go live.")
        case _:
            title = _("Sales objects: %(campaign)s")
            step = _("Next step: change it and ask again, or ask the director.")
    return Words(
        title % {"campaign": facts["campaign"]},
        sentences(named(_("By"), facts["who"]), named(_("Reason"), facts["note"]), step),
        _("Open the campaign"),
    )


@registered("market_note", "globe", "warn")
def _market_note(facts: Facts) -> Words:
    """campaign, country, segment, stance, text, author."""
    title = (
        _("New note, avoid: %(market)s") if facts["stance"] == "avoid" else _("New note, caution: %(market)s")
    )
    return Words(
        title % {"market": _market(facts)},
        sentences(
            str(facts["text"]),
            named(_("By"), facts["author"]),
            named(_("Campaign there"), facts["campaign"]),
            _("Next step: say what is different there."),
        ),
        _("Open the campaign"),
    )
