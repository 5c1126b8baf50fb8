"""What is told of campaigns."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_countries import countries

from leadsync.accounts.roles import Can
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
    """campaign, promising, size, needed; of an alert also sent, and signs: the sides that have not signed yet."""
    sent = facts.count("sent")
    missing = [str(_SIGNATURES[side]) for side in facts["signs"] or () if side in _SIGNATURES]
    step = (
        _("Next step: sign that it goes on, or withdraw that. Missing: %(who)s.")
        % {"who": ", ".join(missing)}
        if missing
        else _("Next step: stop, change and test again, or continue with both signatures.")
    )
    return Words(
        _("%(n)d of the first %(size)d leads promising: %(campaign)s did not pass")
        % {"n": facts.count("promising"), "size": facts.count("size"), "campaign": facts["campaign"]},
        sentences(
            _("Needed: %(n)d.") % {"n": facts.count("needed")},
            ngettext(
                "%(n)d more lead was sent without a decision.",
                "%(n)d more leads were sent without a decision.",
                sent,
            )
            % {"n": sent}
            if sent
            else "",
            step,
        ),
        _("Decide") if _may_decide(facts) else _("Open the campaign"),
    )


def _may_decide(facts: Facts) -> bool:
    """Whether the reader can: alerts say what they may do, notices go to those who can."""
    deciding = {Can.DECIDE_GATES, Can.SIGN_FOR_MARKETING, Can.SIGN_FOR_SALES}
    return "may" not in facts or any(can.value in facts["may"] for can in deciding)


_SIGNATURES = {"mkt": gettext_lazy("head of marketing"), "sales": gettext_lazy("head of sales")}
_DECISIONS = {
    "stop": gettext_lazy("Stopped: %(campaign)s"),
    "retest": gettext_lazy("Changed and tested again: %(campaign)s"),
    "continue": gettext_lazy("Goes on, signed by both departments: %(campaign)s"),
}


@registered("gate_late", "clock", "warn")
def _gate_late(facts: Facts) -> Words:
    """campaign, count, hours, due_at; reps: rows of id, name, count, for those who may read them."""
    count = facts.count()
    rows = [row for row in facts["reps"] or () if isinstance(row, dict)]
    people = [
        _("%(n)d with %(name)s") % {"n": Facts(row).count(), "name": str(row.get("name") or "–")}
        for row in rows[:3]
    ]
    if len(rows) > len(people):
        people.append(_("others"))
    return Words(
        ngettext(
            "%(n)d lead waits for a verdict: %(campaign)s",
            "%(n)d leads wait for a verdict: %(campaign)s",
            count,
        )
        % {"n": count, "campaign": facts["campaign"]},
        sentences(
            _("Agreed: within %(n)d working hours.") % {"n": facts.count("hours")},
            named(_("Due since"), facts.time("due_at")),
            _("Next step: mark them."),
            f"{', '.join(people)}." if people else "",
        ),
        _("Open the campaign"),
    )


@registered("gate_signature", "sign", "acc")
def _gate_signature(facts: Facts) -> Words:
    """campaign, who, note, promising, size, needed, sent, is_reminder."""
    title = (
        _("Your signature is missing: does %(campaign)s go on?")
        if facts["is_reminder"]
        else _("Your signature: does %(campaign)s go on?")
    )
    return Words(
        title % {"campaign": facts["campaign"]},
        sentences(
            _("%(n)d of the first %(size)d leads promising, %(needed)d needed.")
            % {
                "n": facts.count("promising"),
                "size": facts.count("size"),
                "needed": facts.count("needed"),
            },
            named(_("Proposed by"), facts["who"]),
            named(_("Reason"), facts["note"]),
            _("Next step: sign, or stop it."),
        ),
        _("Read and sign"),
    )


@registered("gate_decided", "flag", "acc")
def _gate_decided(facts: Facts) -> Words:
    """campaign, choice, who, note, promising, size, needed, sent."""
    title = _DECISIONS.get(str(facts["choice"]), _("Decided: %(campaign)s"))
    return Words(
        str(title) % {"campaign": facts["campaign"]},
        sentences(
            _("%(n)d of the first %(size)d leads promising, %(needed)d needed.")
            % {
                "n": facts.count("promising"),
                "size": facts.count("size"),
                "needed": facts.count("needed"),
            },
            named(_("By"), facts["who"]),
            named(_("Note"), facts["note"]),
        ),
        _("Open the campaign"),
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
