"""What is told of joint meetings: when they are, that one was moved or cancelled, that none was held."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.core.templatetags.ui import duration
from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences


def _name(facts: Facts) -> str:
    return str(facts["name"] or _("Joint meeting"))


def _where(facts: Facts) -> str:
    return named(_("Where"), facts["place"])


def _how_long(facts: Facts) -> str:
    minutes = facts.count("minutes")
    return named(_("It takes"), duration(minutes)) if minutes else ""


@registered("series_planned", "cal", "acc")
def _series_planned(facts: Facts) -> Words:
    """name, starts_at (of the next meeting), minutes, place, by."""
    return Words(
        _("You are asked to come: %(name)s") % {"name": _name(facts)},
        sentences(
            named(_("First time"), facts.time("starts_at")),
            _how_long(facts),
            _where(facts),
            named(_("Planned by"), facts["by"]),
        ),
        _("See when it takes place"),
    )


@registered("series_changed", "cal", "acc")
def _series_changed(facts: Facts) -> Words:
    """name, starts_at (of the next meeting), minutes, place, by."""
    return Words(
        _("Changed: %(name)s") % {"name": _name(facts)},
        sentences(
            named(_("Next time"), facts.time("starts_at")),
            _how_long(facts),
            _where(facts),
            named(_("Changed by"), facts["by"]),
        ),
        _("See when it takes place"),
    )


@registered("series_left", "cal")
def _series_left(facts: Facts) -> Words:
    """name, by."""
    return Words(
        _("You need not come any more: %(name)s") % {"name": _name(facts)},
        named(_("Changed by"), facts["by"]),
        _("Open the series"),
    )


@registered("series_ended", "cal")
def _series_ended(facts: Facts) -> Words:
    """name, reason, by."""
    return Words(
        _("Takes place no more: %(name)s") % {"name": _name(facts)},
        sentences(named(_("Reason"), facts["reason"]), named(_("Ended by"), facts["by"])),
        _("Open the series"),
    )


@registered("meeting_planned", "cal", "acc")
def _meeting_planned(facts: Facts) -> Words:
    """name, starts_at, minutes, place, by."""
    return Words(
        _("You are asked to come: %(name)s") % {"name": _name(facts)},
        sentences(
            named(_("When"), facts.time("starts_at")),
            _how_long(facts),
            _where(facts),
            named(_("Planned by"), facts["by"]),
        ),
        _("Open the meeting"),
    )


@registered("meeting_moved", "cal", "warn")
def _meeting_moved(facts: Facts) -> Words:
    """name, starts_at, before_at, minutes, place, reason, by."""
    is_same = facts["starts_at"] == facts["before_at"]
    return Words(
        _("Changed: %(name)s") % {"name": _name(facts)}
        if is_same
        else _("Moved: %(name)s") % {"name": _name(facts)},
        sentences(
            named(_("When"), facts.time("starts_at")),
            "" if is_same else named(_("Before"), facts.time("before_at")),
            _how_long(facts),
            _where(facts),
            named(_("Reason"), facts["reason"]),
            named(_("Changed by"), facts["by"]),
        ),
        _("Open the meeting"),
    )


@registered("meeting_cancelled", "x", "warn")
def _meeting_cancelled(facts: Facts) -> Words:
    """name, starts_at, reason, by."""
    return Words(
        _("Cancelled: %(name)s") % {"name": _name(facts)},
        sentences(
            named(_("It was to be"), facts.time("starts_at")),
            named(_("Reason"), facts["reason"]),
            named(_("Cancelled by"), facts["by"]),
        ),
        _("Open the meeting"),
    )


@registered("meeting_back", "cal", "ok")
def _meeting_back(facts: Facts) -> Words:
    """name, starts_at, place, by."""
    return Words(
        _("Takes place after all: %(name)s") % {"name": _name(facts)},
        sentences(
            named(_("When"), facts.time("starts_at")),
            _where(facts),
            named(_("Brought back by"), facts["by"]),
        ),
        _("Open the meeting"),
    )


@registered("no_meeting", "cal", "warn")
def _no_meeting(facts: Facts) -> Words:
    """count (days), limit (days), last_at, next_at."""
    days, limit = facts.count(), facts.count("limit")
    return Words(
        ngettext("%(n)d day without a joint meeting", "%(n)d days without a joint meeting", days)
        % {"n": days},
        sentences(
            ngettext("Agreed: at least one every day.", "Agreed: at least one in %(n)d days.", limit)
            % {"n": limit}
            if limit
            else "",
            named(_("The last one"), facts.time("last_at")) if facts["last_at"] else _("None was held yet."),
            named(_("The next one"), facts.time("next_at")) if facts["next_at"] else _("None is planned."),
        ),
        _("Open the next one") if facts["next_at"] else _("Plan a meeting"),
    )


# -------------------------------------------------------------------------------- minutes and decisions


@registered("minutes_sent", "doc", "acc")
def _minutes_sent(facts: Facts) -> Words:
    """meeting, on (its day), count (decisions of the reader), is_correction."""
    name = {"meeting": facts["meeting"] or _("Joint meeting")}
    count = facts.count()
    return Words(
        _("Corrected minutes: %(meeting)s") % name
        if facts["is_correction"]
        else _("Minutes: %(meeting)s") % name,
        sentences(
            named(_("Held"), facts.day("on")),
            ngettext("%(n)d decision is yours.", "%(n)d decisions are yours.", count) % {"n": count}
            if count
            else "",
        ),
        _("Read the minutes"),
    )


@registered("decision_due", "clock", "acc")
def _decision_due(facts: Facts) -> Words:
    """text, meeting, decision."""
    return Words(
        _("Due today: %(text)s") % {"text": facts["text"] or _("a decision")},
        named(_("Decided in"), facts["meeting"]),
        _("Say what was done"),
    )


@registered("decision_overdue", "clock", "warn")
def _decision_overdue(facts: Facts) -> Words:
    """text, owner, due_on, meeting, decision."""
    return Words(
        _("Decision not done yet: %(text)s") % {"text": facts["text"] or _("a decision")},
        sentences(
            named(_("Who does it"), facts["owner"]),
            named(_("Due"), facts.day("due_on")),
            named(_("Decided in"), facts["meeting"]),
        ),
        _("Say what was done"),
    )
