"""What is told of bookings between colleagues, of calls nobody heard, and of ideas for campaigns."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences


def _what(facts: Facts) -> str:
    """What is booked, in words."""
    return {
        "call": _("Hearing a call"),
        "day": _("Shadowing a day"),
        "meeting": _("Joining a meeting"),
        "training": _("Joint training"),
    }.get(str(facts["kind"]), str(facts["kind"]))


@registered("booking_asked", "headphones", "acc")
def _booking_asked(facts: Facts) -> Words:
    """name, kind, starts_at, minutes, note."""
    return Words(
        _("%(what)s: %(name)s asks for %(time)s")
        % {"what": _what(facts), "name": facts["name"], "time": facts.time("starts_at")},
        sentences(
            named(_("Note"), facts["note"]), _("Next step: agree, say why not, or propose another time.")
        ),
        _("Answer"),
    )


@registered("booking_agreed", "check", "ok")
def _booking_agreed(facts: Facts) -> Words:
    """name, kind, starts_at."""
    return Words(
        _("%(what)s: agreed for %(time)s") % {"what": _what(facts), "time": facts.time("starts_at")},
        sentences(named(_("With"), facts["name"]), _("It stands in both calendars.")),
        _("Open the booking"),
    )


@registered("booking_declined", "x", "warn")
def _booking_declined(facts: Facts) -> Words:
    """name, kind, starts_at, reason."""
    return Words(
        _("%(what)s: not %(time)s") % {"what": _what(facts), "time": facts.time("starts_at")},
        sentences(
            named(_("Answer from"), facts["name"]),
            named(_("Reason"), facts["reason"]),
            _("Next step: book another time, or ask a colleague."),
        ),
        _("Open the booking"),
    )


@registered("booking_moved", "clock", "acc")
def _booking_moved(facts: Facts) -> Words:
    """name, kind, starts_at: the new time."""
    return Words(
        _("%(what)s: %(name)s proposes %(time)s")
        % {"what": _what(facts), "name": facts["name"], "time": facts.time("starts_at")},
        _("Next step: agree, say why not, or propose another time."),
        _("Answer"),
    )


@registered("booking_cancelled", "x", "warn")
def _booking_cancelled(facts: Facts) -> Words:
    """name, kind, starts_at, reason."""
    return Words(
        _("%(what)s: cancelled, %(time)s") % {"what": _what(facts), "time": facts.time("starts_at")},
        sentences(
            named(_("Cancelled by"), facts["name"]),
            named(_("Reason"), facts["reason"]),
            _("It is gone from both calendars."),
        ),
        _("Open the booking"),
    )


@registered("nobody_heard", "headphones", "warn")
def _nobody_heard(facts: Facts) -> Words:
    """count, quarter, until; people: their names, for who leads them alone."""
    count = facts.count()
    people = facts["people"]
    return Words(
        ngettext(
            "%(n)d marketer heard no call last quarter or yet in this one",
            "%(n)d marketers heard no call last quarter or yet in this one",
            count,
        )
        % {"n": count},
        sentences(
            named(_("Who"), ", ".join(map(str, people)) if isinstance(people, list) else ""),
            _("The quarter ends %(day)s.") % {"day": facts.day("until")} if facts["until"] else "",
            _("Next step: book one call with a rep."),
        ),
        _("Book one"),
    )


@registered("idea_taken", "lightbulb", "ok")
def _idea_taken(facts: Facts) -> Words:
    """title, name, campaign."""
    return Words(
        _("Your idea is a campaign now: %(campaign)s") % {"campaign": facts["campaign"]},
        sentences(
            named(_("Idea"), facts["title"]),
            named(_("Taken up by"), facts["name"]),
            _("The campaign names you as its author."),
        ),
        _("Open the campaign"),
    )


@registered("idea_declined", "lightbulb", "warn")
def _idea_declined(facts: Facts) -> Words:
    """title, name, reason."""
    return Words(
        _("Not now: %(title)s") % {"title": facts["title"]},
        sentences(named(_("Answer from"), facts["name"]), named(_("Reason"), facts["reason"])),
        _("Open the idea"),
    )


@registered("idea_passed", "lightbulb", "ok")
def _idea_passed(facts: Facts) -> Words:
    """title, campaign."""
    return Words(
        _("The campaign of your idea passed its gate: %(campaign)s") % {"campaign": facts["campaign"]},
        named(_("Idea"), facts["title"]),
        _("Open the campaign"),
    )
