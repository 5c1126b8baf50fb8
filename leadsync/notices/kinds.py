"""The kinds of notices and alerts, and their words.

A notice is stored as its kind and a few facts (`context`); the sentence is made when somebody reads it or
when the mail is written, in the reader's language and the company's zone. Facts first, the number in front,
then the next step. A kind nobody registered, or a fact that is missing, still gives a readable line: a notice
is never lost.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.core.money import format_money
from leadsync.core.templatetags.ui import when


@dataclass(frozen=True, slots=True)
class Words:
    """What a person reads: a title, number in front; the facts and the next step; the name of the link."""

    title: str
    text: str = ""
    action: str = ""


class Facts(dict[str, Any]):
    """The stored context; a fact that is not there reads as nothing."""

    def __missing__(self, key: str) -> str:
        return ""

    def count(self, key: str = "count") -> int:
        """A whole number, 0 where there is none."""
        try:
            return int(self[key] or 0)
        except (TypeError, ValueError):
            return 0

    def time(self, key: str) -> str:
        """An instant in words ("today 10:30"), nothing where there is none."""
        value = self[key]
        instant = (
            value
            if isinstance(value, datetime)
            else parse_datetime(value)
            if isinstance(value, str)
            else None
        )
        return when(instant) if instant else ""

    def money(self, key: str) -> str:
        """An amount in the company's currency, nothing where there is none."""
        try:
            return format_money(Decimal(str(self[key]))) if self[key] != "" else ""
        except InvalidOperation:
            return ""

    def lead(self) -> str:
        """The lead as people call it: its title and, where it says more, its company."""
        title, company = str(self["lead"] or _("a lead")), str(self["company"] or "")
        return f"{title}, {company}" if company and company != title else title


type Maker = Callable[[Facts], Words]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of notice looks and reads."""

    name: str
    icon: str
    tone: str
    words: Maker


KINDS: dict[str, Kind] = {}


def _kind(
    name: str, icon: str, tone: str = ""
) -> Callable[[Callable[[Facts], Words]], Callable[[Facts], Words]]:
    """Register the words of a kind. The docstring of the function names the facts it reads."""

    def register(words: Maker) -> Maker:
        KINDS[name] = Kind(name, icon, tone, words)
        return words

    return register


def _unknown(name: str) -> Kind:
    return Kind(name, "info", "", lambda facts: Words(str(facts["title"] or name), str(facts["text"])))


def kind_of(name: str) -> Kind:
    """The kind of that name; one that nobody registered shows `title` and `text` of its context."""
    return KINDS.get(name) or _unknown(name)


def words_for(name: str, context: Mapping[str, Any]) -> Words:
    """The words of a notice in the language and zone in force."""
    return kind_of(name).words(Facts(context))


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _named(label: str, value: Any) -> str:
    """ "Campaign: Spring offer." or nothing, when there is nothing to say."""
    return f"{label}: {value}." if value else ""


def _of(facts: Facts, *keys: str) -> list[str]:
    labels = {"campaign": _("Campaign"), "rep": _("Rep"), "reason": _("Reason"), "note": _("Note")}
    return [_named(labels[key], facts[key]) for key in keys]


# -------------------------------------------------------------------------------- leads
@_kind("lead_warn", "clock", "warn")
def _lead_warn(facts: Facts) -> Words:
    """lead, company, campaign, due_at."""
    return Words(
        _("Due %(time)s: %(lead)s") % {"time": facts.time("due_at"), "lead": facts.lead()},
        _sentences(
            _("A quarter of the promise is left."), *_of(facts, "campaign"), _("Next step: call or write.")
        ),
        _("Open the lead"),
    )


@_kind("lead_missed", "alert", "bad")
def _lead_missed(facts: Facts) -> Words:
    """lead, company, campaign, rep, due_at."""
    return Words(
        _("Due %(time)s, no first contact: %(lead)s") % {"time": facts.time("due_at"), "lead": facts.lead()},
        _sentences(*_of(facts, "rep", "campaign"), _("Next step: first contact.")),
        _("Open the lead"),
    )


@_kind("lead_escalated", "alert", "bad")
def _lead_escalated(facts: Facts) -> Words:
    """lead, company, campaign, rep, due_at."""
    return Words(
        _("Twice the promise has passed: %(lead)s") % {"lead": facts.lead()},
        _sentences(
            _("First contact was due %(time)s.") % {"time": facts.time("due_at")},
            *_of(facts, "rep", "campaign"),
            _("Next step: ask, or hand the lead to somebody who has time."),
        ),
        _("Open the lead"),
    )


@_kind("follow_up", "cal", "warn")
def _follow_up(facts: Facts) -> Words:
    """lead, company, due_at, next_step."""
    return Words(
        _("Next step was due %(time)s: %(lead)s") % {"time": facts.time("due_at"), "lead": facts.lead()},
        _named(_("Planned"), facts["next_step"]),
        _("Open the lead"),
    )


@_kind("silent", "droplet-off", "warn")
def _silent(facts: Facts) -> Words:
    """lead, company, rep, campaign, days."""
    days = facts.count("days")
    return Words(
        ngettext("%(n)d day without activity: %(lead)s", "%(n)d days without activity: %(lead)s", days)
        % {"n": days, "lead": facts.lead()},
        _sentences(*_of(facts, "rep", "campaign"), _("Next step: set one, or close the lead.")),
        _("Open the lead"),
    )


@_kind("leads_handed", "inbox", "acc")
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
    return Words(title, _sentences(*_of(facts, "campaign"), first_due), _("Open the queue"))


@_kind("lead_again", "repeat", "acc")
def _lead_again(facts: Facts) -> Words:
    """lead, company, campaign, door; count, when an import brought several."""
    count = facts.count()
    return Words(
        ngettext("%(n)d of your leads is here again", "%(n)d of your leads are here again", count)
        % {"n": count}
        if count > 1
        else _("Interest again: %(lead)s") % {"lead": facts.lead()},
        _sentences(*_of(facts, "campaign")),
        _("Open the lead"),
    )


@_kind("lead_returned", "undo", "warn")
def _lead_returned(facts: Facts) -> Words:
    """lead, company, campaign, rep, reason, note."""
    return Words(
        _("1 lead returned to marketing: %(lead)s") % {"lead": facts.lead()},
        _sentences(
            *_of(facts, "rep", "reason", "note", "campaign"),
            _("Next step: complete it, then hand it over again."),
        ),
        _("Open the lead"),
    )


@_kind("lead_won", "trophy", "ok")
def _lead_won(facts: Facts) -> Words:
    """lead, company, campaign, rep, amount."""
    amount = facts.money("amount")
    title = _("Won: %(lead)s, %(amount)s") if amount else _("Won: %(lead)s")
    return Words(
        title % {"lead": facts.lead(), "amount": amount},
        _sentences(*_of(facts, "campaign", "rep")),
        _("Open the lead"),
    )


@_kind("unroutable", "alert", "bad")
def _unroutable(facts: Facts) -> Words:
    """count, campaign."""
    count = facts.count() or 1
    return Words(
        ngettext("%(n)d lead without a rep", "%(n)d leads without a rep", count) % {"n": count},
        _sentences(
            _("No rep is present with room for it."),
            *_of(facts, "campaign"),
            _("Next step: hand it over by hand, or change who is present."),
        ),
        _("Open the leads"),
    )


@_kind("import_done", "upload", "ok")
def _import_done(facts: Facts) -> Words:
    """name, campaign, created, updated, already_here, rejected."""
    created, rejected = facts.count("created"), facts.count("rejected")
    updated, here = facts.count("updated"), facts.count("already_here")
    return Words(
        ngettext("%(n)d lead saved from %(name)s", "%(n)d leads saved from %(name)s", created)
        % {"n": created, "name": facts["name"] or _("your table")},
        _sentences(
            *_of(facts, "campaign"),
            ngettext("%(n)d was changed.", "%(n)d were changed.", updated) % {"n": updated}
            if updated
            else "",
            ngettext("%(n)d was here already.", "%(n)d were here already.", here) % {"n": here}
            if here
            else "",
            ngettext(
                "%(n)d row is left to fix: download it from the import.",
                "%(n)d rows are left to fix: download them from the import.",
                rejected,
            )
            % {"n": rejected}
            if rejected
            else "",
        ),
        _("Open the import"),
    )


@_kind("import_failed", "alert", "bad")
def _import_failed(facts: Facts) -> Words:
    """name, error."""
    return Words(
        _("Import stopped: %(name)s") % {"name": facts["name"] or _("your table")},
        _sentences(str(facts["error"]), _("What was saved stays; going on saves nothing twice.")),
        _("Open the import"),
    )


# -------------------------------------------------------------------------------- campaigns
@_kind("gate_passed", "check", "ok")
def _gate_passed(facts: Facts) -> Words:
    """campaign, promising, size, needed."""
    return Words(
        _("%(n)d of the first %(size)d leads promising: %(campaign)s passed")
        % {"n": facts.count("promising"), "size": facts.count("size"), "campaign": facts["campaign"]},
        _("Needed: %(n)d.") % {"n": facts.count("needed")},
        _("Open the campaign"),
    )


@_kind("gate_failed", "alert", "bad")
def _gate_failed(facts: Facts) -> Words:
    """campaign, promising, size, needed."""
    return Words(
        _("%(n)d of the first %(size)d leads promising: %(campaign)s did not pass")
        % {"n": facts.count("promising"), "size": facts.count("size"), "campaign": facts["campaign"]},
        _sentences(
            _("Needed: %(n)d.") % {"n": facts.count("needed")},
            _("Next step: stop, change and test again, or continue with both signatures."),
        ),
        _("Open the campaign"),
    )


@_kind("point_broken", "phone-off", "bad")
def _point_broken(facts: Facts) -> Words:
    """point, channel, reported_by, note, responsible."""
    return Words(
        _("Does not work: %(point)s") % {"point": facts["point"]},
        _sentences(
            _named(_("Channel"), facts["channel"]),
            _named(_("Tried by"), facts["reported_by"]),
            _named(_("Note"), facts["note"]),
            _named(_("Responsible"), facts["responsible"]),
            _("Next step: repair it, try it, and press “It works”."),
        ),
        _("Open the channels"),
    )


@_kind("point_works", "phone", "ok")
def _point_works(facts: Facts) -> Words:
    """point, channel, reported_by."""
    return Words(
        _("Works again: %(point)s") % {"point": facts["point"]},
        _sentences(_named(_("Channel"), facts["channel"]), _named(_("Tried by"), facts["reported_by"])),
        _("Open the channels"),
    )


# -------------------------------------------------------------------------------- agreement, questions
@_kind("agreement_proposed", "sign", "acc")
def _agreement_proposed(facts: Facts) -> Words:
    """number, proposed_by, note."""
    return Words(
        _("Agreement, version %(n)d: your signature") % {"n": facts.count("number")},
        _sentences(_named(_("Proposed by"), facts["proposed_by"]), _named(_("What changes"), facts["note"])),
        _("Read and sign"),
    )


@_kind("agreement_signed", "sign", "ok")
def _agreement_signed(facts: Facts) -> Words:
    """number, signed_by, is_in_force."""
    return Words(
        _("Agreement, version %(n)d: signed by %(name)s")
        % {"n": facts.count("number"), "name": facts["signed_by"]},
        _("It is in force from now on.") if facts["is_in_force"] else _("The other signature is missing."),
        _("Open the agreement"),
    )


@_kind("question_asked", "chat", "acc")
def _question_asked(facts: Facts) -> Words:
    """asker, text, about, due_at."""
    return Words(
        _("Question from %(name)s") % {"name": facts["asker"]},
        _sentences(
            f"“{facts['text']}”",
            _named(_("About"), facts["about"]),
            _("An answer is due %(time)s.") % {"time": facts.time("due_at")} if facts["due_at"] else "",
        ),
        _("Answer"),
    )


@_kind("question_answered", "chat", "ok")
def _question_answered(facts: Facts) -> Words:
    """answerer, text, question, about."""
    return Words(
        _("Answer from %(name)s") % {"name": facts["answerer"]},
        _sentences(
            f"“{facts['text']}”",
            _named(_("You asked"), facts["question"]),
            _named(_("About"), facts["about"]),
        ),
        _("Read, then close the question"),
    )


@_kind("question_closed", "check", "ok")
def _question_closed(facts: Facts) -> Words:
    """asker, question, about."""
    return Words(
        _("Question closed by %(name)s") % {"name": facts["asker"]},
        _sentences(f"“{facts['question']}”", _named(_("About"), facts["about"])),
        _("Open the question"),
    )


# -------------------------------------------------------------------------------- operations
@_kind("rollup_difference", "alert", "bad")
def _rollup_difference(facts: Facts) -> Words:
    """count, day."""
    count = facts.count()
    return Words(
        ngettext(
            "%(n)d figure differed from the leads it counts",
            "%(n)d figures differed from the leads they count",
            count,
        )
        % {"n": count},
        _sentences(
            _("The nightly recount has put the figures right."),
            _("Next step: an administrator looks at the log of that night."),
        ),
        _("Open the dashboard"),
    )
