"""What is told of leads: promises, follow-ups, handovers."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.notices.kinds.base import Facts, Group, Words, named, registered, sentences, told
from leadsync.notices.words import RETURN_REASONS


@registered("lead_warn", "clock", "warn")
def _lead_warn(facts: Facts) -> Words:
    """lead, company, campaign, due_at."""
    return Words(
        _("Due %(time)s: %(lead)s") % {"time": facts.time("due_at"), "lead": facts.lead()},
        sentences(
            _("A quarter of the promise is left."), *told(facts, "campaign"), _("Next step: call or write.")
        ),
        _("Open the lead"),
    )


@registered("lead_missed", "alert", "bad", group=Group.LATE)
def _lead_missed(facts: Facts) -> Words:
    """lead, company, campaign, rep, due_at."""
    return Words(
        _("Due %(time)s, no first contact: %(lead)s") % {"time": facts.time("due_at"), "lead": facts.lead()},
        sentences(*told(facts, "rep", "campaign"), _("Next step: first contact.")),
        _("Open the lead"),
    )


@registered("lead_escalated", "alert", "bad", group=Group.LATE)
def _lead_escalated(facts: Facts) -> Words:
    """lead, company, campaign, rep, due_at."""
    return Words(
        _("Twice the promise has passed: %(lead)s") % {"lead": facts.lead()},
        sentences(
            _("First contact was due %(time)s.") % {"time": facts.time("due_at")},
            *told(facts, "rep", "campaign"),
            _("Next step: ask, or hand the lead to somebody who has time."),
        ),
        _("Open the lead"),
    )


@registered("follow_up", "cal", "warn")
def _follow_up(facts: Facts) -> Words:
    """lead, company, due_at, next_step."""
    return Words(
        _("Next step was due %(time)s: %(lead)s") % {"time": facts.time("due_at"), "lead": facts.lead()},
        named(_("Planned"), facts["next_step"]),
        _("Open the lead"),
    )


@registered("silent", "droplet-off", "warn")
def _silent(facts: Facts) -> Words:
    """lead, company, rep, campaign, days."""
    days = facts.count("days")
    return Words(
        ngettext("%(n)d day without activity: %(lead)s", "%(n)d days without activity: %(lead)s", days)
        % {"n": days, "lead": facts.lead()},
        sentences(*told(facts, "rep", "campaign"), _("Next step: set one, or close the lead.")),
        _("Open the lead"),
    )


@registered("leads_handed", "inbox", "acc")
def _leads_handed(facts: Facts) -> Words:
    """count, campaign, due_at (the first), lead and company when it is one."""
    count = facts.count()
    first_due = (
        _("First contact is due %(time)s.") % {"time": facts.time("due_at")} if facts["due_at"] else ""
    )
    if count == 1 and facts["lead"]:
        title = _("1 lead for you: %(lead)s") % {"lead": facts.lead()}
    else:
        title = ngettext("%(n)d lead for you", "%(n)d leads for you", count) % {"n": count}
    return Words(title, sentences(*told(facts, "campaign"), first_due), _("Open the queue"))


@registered("lead_again", "repeat", "acc")
def _lead_again(facts: Facts) -> Words:
    """lead, company, campaign, door; count, when an import brought several."""
    count = facts.count()
    return Words(
        ngettext("%(n)d of your leads is here again", "%(n)d of your leads are here again", count)
        % {"n": count}
        if count > 1
        else _("Interest again: %(lead)s") % {"lead": facts.lead()},
        sentences(
            _("One of them: %(lead)s.") % {"lead": facts.lead()} if count > 1 else "",
            *told(facts, "campaign"),
        ),
        _("Open one of them") if count > 1 else _("Open the lead"),
    )


@registered("lead_returned", "undo", "warn")
def _lead_returned(facts: Facts) -> Words:
    """lead, company, campaign, rep, reason, note."""
    return Words(
        _("1 lead returned to marketing: %(lead)s") % {"lead": facts.lead()},
        sentences(
            *told(facts, "rep"),
            # Older notices hold the words themselves.
            named(_("Reason"), RETURN_REASONS.get(str(facts["reason"]), facts["reason"])),
            *told(facts, "note", "campaign"),
            _("Next step: complete it, then hand it over again."),
        ),
        _("Open the lead"),
    )


@registered("lead_won", "trophy", "ok", group=Group.WINS)
def _lead_won(facts: Facts) -> Words:
    """lead, company, campaign, rep, amount."""
    amount = facts.money("amount")
    title = _("Won: %(lead)s, %(amount)s") if amount else _("Won: %(lead)s")
    return Words(
        title % {"lead": facts.lead(), "amount": amount},
        sentences(*told(facts, "campaign", "rep")),
        _("Open the lead"),
    )


@registered("unroutable", "alert", "bad")
def _unroutable(facts: Facts) -> Words:
    """count, campaign, with_head."""
    count, with_head = facts.count() or 1, facts.count("with_head")
    where = (
        ngettext(
            "%(n)d of them is with the head of sales.", "%(n)d of them are with the head of sales.", with_head
        )
        % {"n": with_head}
        if 0 < with_head < count
        else _("The head of sales has them.")
        if with_head
        else ""
    )
    return Words(
        ngettext("%(n)d lead found no rep", "%(n)d leads found no rep", count) % {"n": count},
        sentences(
            _("All are full or away, or do not take leads like these."),
            where,
            *told(facts, "campaign"),
            _("Next step: share them out by hand, or change who takes how many leads a day."),
        ),
        _("Open the leads"),
    )


@registered("leads_rerouted", "repeat", "warn")
def _leads_rerouted(facts: Facts) -> Words:
    """count, rep, to (where it is one), lead and company when it is one."""
    count = facts.count()
    if count == 1 and facts["lead"]:
        title = _("Twice the promise has passed, with another rep now: %(lead)s") % {"lead": facts.lead()}
    else:
        title = ngettext(
            "Twice the promise has passed: %(n)d lead is with another rep now",
            "Twice the promise has passed: %(n)d leads are with other reps now",
            count,
        ) % {"n": count}
    way = f"{facts['rep']} → {facts['to']}." if facts["rep"] and facts["to"] else ""
    return Words(
        title,
        sentences(way or " ".join(told(facts, "rep")), _("The clock goes on.")),
        _("Open the lead") if count == 1 else _("Open the leads"),
    )


@registered("leads_not_rerouted", "alert", "bad")
def _leads_not_rerouted(facts: Facts) -> Words:
    """count, rep (where it is one), lead and company when it is one."""
    count = facts.count()
    if count == 1 and facts["lead"]:
        title = _("Twice the promise has passed, no other rep has room: %(lead)s") % {"lead": facts.lead()}
    else:
        title = ngettext(
            "Twice the promise has passed: %(n)d lead stays, no other rep has room",
            "Twice the promise has passed: %(n)d leads stay, no other rep has room",
            count,
        ) % {"n": count}
    return Words(
        title,
        sentences(*told(facts, "rep"), _("Next step: ask, or hand over by hand.")),
        _("Open the lead") if count == 1 else _("Open the leads"),
    )


@registered("leads_inherited", "inbox", "acc")
def _leads_inherited(facts: Facts) -> Words:
    """count, rep: who left."""
    count = facts.count()
    return Words(
        ngettext("%(n)d open lead is yours now", "%(n)d open leads are yours now", count) % {"n": count},
        sentences(
            _("Until now: %(name)s, who no longer works leads.") % {"name": facts["rep"]},
            _("Clocks go on and next steps stay. Next step: share them out."),
        ),
        _("Open the leads"),
    )


@registered("leads_left", "alert", "bad")
def _leads_left(facts: Facts) -> Words:
    """count, rep: who left while there was no head of sales."""
    count = facts.count()
    return Words(
        ngettext("%(n)d open lead is back with marketing", "%(n)d open leads are back with marketing", count)
        % {"n": count},
        sentences(
            _("Until now: %(name)s, who no longer works leads.") % {"name": facts["rep"]},
            _("There is no head of sales."),
            _("Next step: hand them over."),
        ),
        _("Open the leads"),
    )


@registered("rep_away", "cal", "warn")
def _rep_away(facts: Facts) -> Words:
    """rep, count, due (of them before the rep is back), until."""
    count, due = facts.count(), facts.count("due")
    return Words(
        ngettext("%(n)d lead waits with a rep who is away", "%(n)d leads wait with a rep who is away", count)
        % {"n": count},
        sentences(
            *told(facts, "rep"),
            _("Away until %(day)s; promises stand still.") % {"day": facts.day("until")}
            if facts["until"]
            else "",
            ngettext("%(n)d is due before then.", "%(n)d are due before then.", due) % {"n": due}
            if due
            else "",
        ),
        _("Share them out"),
    )
