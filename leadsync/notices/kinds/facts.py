"""What workers find out about leads, people's load, agreement and plan, and keep as alerts."""

from collections.abc import Mapping
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.accounts.roles import Can
from leadsync.core.templatetags.ui import duration, num, pct
from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences

NAMED = 3  # so many people or leads are named, the rest is "and others"


def _listed(names: list[str]) -> str:
    """ "A, B and others." or nothing."""
    if not names:
        return ""
    text = ", ".join(names[:NAMED])
    return (_("%(names)s and others") % {"names": text} if len(names) > NAMED else text) + "."


def _rows(facts: Facts, key: str) -> list[Mapping[str, Any]]:
    found = facts[key]
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _first_name(row: Mapping[str, Any]) -> str:
    return (str(row.get("name") or "").split() or ["–"])[0]


def _percent(facts: Facts, key: str) -> str:
    return pct(facts.count(key) / 100)


def _may(facts: Facts, can: Can) -> bool:
    return can.value in facts["may"]


@registered("promise_missed", "clock", "bad")
def _promise_missed(facts: Facts) -> Words:
    """count; reps: rows of id, name, count, for those who may read them."""
    count = facts.count()
    people = [
        _("%(n)d with %(name)s") % {"n": Facts(row).count(), "name": _first_name(row)}
        for row in _rows(facts, "reps")
    ]
    return Words(
        ngettext("%(n)s lead is past the promise", "%(n)s leads are past the promise", count)
        % {"n": num(count)},
        _listed(people),
        _("Share them out") if _may(facts, Can.HAND_OVER) else _("Show them"),
    )


@registered("silent_leads", "droplet-off", "warn")
def _silent_leads(facts: Facts) -> Words:
    """count, days; reps: rows of id, name, count."""
    count, days = facts.count(), facts.count("days")
    people = [
        _("%(n)d with %(name)s") % {"n": Facts(row).count(), "name": _first_name(row)}
        for row in _rows(facts, "reps")
    ]
    return Words(
        ngettext("%(n)s lead in work is silent", "%(n)s leads in work are silent", count) % {"n": num(count)},
        sentences(
            ngettext("Nothing for %(n)d day.", "Nothing for %(n)d days.", days) % {"n": days},
            _listed(people),
            _("Next step: set one for each, or close it."),
        ),
        _("Show them"),
    )


@registered("completeness_low", "clipboard", "warn")
def _completeness_low(facts: Facts) -> Words:
    """share and limit in percent, count of leads, missing, days; reps: rows of id, name, share."""
    count = facts.count()
    people = [f"{_first_name(row)} {_percent(Facts(row), 'share')}" for row in _rows(facts, "reps")]
    return Words(
        _("%(share)s of leads say what sales learned") % {"share": _percent(facts, "share")},
        sentences(
            ngettext(
                "%(n)s lead marked within %(days)d days; at least %(limit)s should hold situation, needs, "
                "objections or answers.",
                "%(n)s leads marked within %(days)d days; at least %(limit)s should hold situation, needs, "
                "objections or answers.",
                count,
            )
            % {"n": num(count), "days": facts.count("days"), "limit": _percent(facts, "limit")},
            _listed(people),
            _("Next step: one key each while the lead is open."),
        ),
        _("See what is known"),
    )


@registered("agreement_unsigned", "sign", "warn")
def _agreement_unsigned(facts: Facts) -> Words:
    """number, proposed_at, waits_for."""
    return Words(
        _("Agreement, version %(n)d: not signed by both") % {"n": facts.count("number")},
        sentences(
            named(_("Proposed"), facts.time("proposed_at")),
            named(
                _("Signature missing"),
                ", ".join(str(name) for name in facts["waits_for"])
                if isinstance(facts["waits_for"], list)
                else facts["waits_for"],
            ),
        ),
        _("Read and sign")
        if _may(facts, Can.SIGN_FOR_MARKETING) or _may(facts, Can.SIGN_FOR_SALES)
        else _("Open the agreement"),
    )


@registered("plan_unsigned", "target", "warn")
def _plan_unsigned(facts: Facts) -> Words:
    """month (its first day), days: working days until it begins, 0 once it has; waits_for: sides that have to sign it,
    nothing where there is no plan; version.
    """
    first, days = parse_date(str(facts["month"])), facts.count("days")
    name = f"{date_format(first, 'F')} {first.year}" if first else ""
    sides = facts["waits_for"] if isinstance(facts["waits_for"], list) else []
    if sides:
        waits = {"mkt": _("Head of marketing"), "sales": _("Head of sales"), "dir": _("Director")}
        may = {"mkt": Can.SIGN_FOR_MARKETING, "sales": Can.SIGN_FOR_SALES, "dir": Can.SIGN_PLAN}
        return Words(
            _("Plan not signed: %(month)s") % {"month": name},
            named(_("Signature missing"), ", ".join(waits.get(str(side), str(side)) for side in sides)),
            _("Read and sign")
            if any(side in may and _may(facts, may[side]) for side in sides)
            else _("See the plan"),
        )
    return Words(
        _("No plan yet: %(month)s") % {"month": name},
        ngettext("The month begins in %(n)d working day.", "The month begins in %(n)d working days.", days)
        % {"n": days}
        if days
        else _("The month has begun; nobody can say what should be there today."),
        _("Set the plan") if _may(facts, Can.EDIT_PLAN) else _("See the plan"),
    )


def _usual(facts: Facts) -> str:
    time = duration(facts.count("usual_minutes"))
    if facts["is_promised"]:
        return _("Promised is one every %(time)s.") % {"time": time}
    return _("Usually one comes every %(time)s.") % {"time": time}


@registered("drought", "droplet-off", "warn")
def _drought(facts: Facts) -> Words:
    """rep, minutes of working time without a lead, usual_minutes between two of them; is_promised: by the order."""
    return Words(
        _("%(time)s of working time without a new lead: %(rep)s")
        % {"time": duration(facts.count("minutes")), "rep": facts["rep"]},
        sentences(
            _usual(facts),
            _("Next step: look who gets which leads, and what runs."),
        ),
        _("See who gets which leads"),
    )


@registered("drought_all", "droplet-off", "bad")
def _drought_all(facts: Facts) -> Words:
    """minutes of working time without a lead, usual_minutes between two of them; is_promised: by the orders."""
    return Words(
        _("%(time)s of working time without a new lead") % {"time": duration(facts.count("minutes"))},
        sentences(
            _usual(facts),
            _("Next step: test the contact points, then look at the campaigns."),
        ),
        _("Open the channels"),
    )


@registered("overload", "layers", "bad")
def _overload(facts: Facts) -> Words:
    """rep, count of leads that would be missed, minutes that are short; leads: rows of title, due_at."""
    count = facts.count()
    leads = [
        _("%(lead)s, due %(time)s") % {"lead": row.get("title") or "–", "time": Facts(row).time("due_at")}
        for row in _rows(facts, "leads")
    ]
    return Words(
        ngettext("%(n)d promise cannot be kept: %(rep)s", "%(n)d promises cannot be kept: %(rep)s", count)
        % {"n": count, "rep": facts["rep"]},
        sentences(
            _("%(time)s of sales time is missing before the deadlines.")
            % {"time": duration(facts.count("minutes"))},
            _listed(leads),
            _("Next step: hand some to whoever has time."),
        ),
        _("Share them out") if _may(facts, Can.HAND_OVER) else _("Show them"),
    )


@registered("order_short", "target", "bad")
def _order_short(facts: Facts) -> Words:
    """rep, month (its first day), missing by now, delivered, promised."""
    missing = facts.count("missing")
    return Words(
        ngettext(
            "%(n)s lead short of the promise: %(rep)s", "%(n)s leads short of the promise: %(rep)s", missing
        )
        % {"n": num(missing), "rep": facts["rep"]},
        sentences(
            _("%(delivered)s of %(promised)s delivered this month.")
            % {"delivered": num(facts.count("delivered")), "promised": num(facts.count("promised"))},
            _("Next step: see what runs, or promise another number."),
        ),
        _("Open the order"),
    )


@registered("mails_given_up", "mail", "bad")
def _mails_given_up(facts: Facts) -> Words:
    """count."""
    count = facts.count()
    return Words(
        ngettext("%(n)d message could not be sent", "%(n)d messages could not be sent", count) % {"n": count},
        _("What they tell of stays in the app. Next step: see why, and try again."),
        _("Open the outbox"),
    )
