"""What is told of questions between the departments."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.core.templatetags.ui import duration, num
from leadsync.core.words import quoted
from leadsync.notices.kinds.base import Facts, Words, named, registered, sentences


def _about(facts: Facts) -> str:
    """A lead or campaign by its name; of a cohort how many leads it was."""
    count = facts.count("leads")
    return named(
        _("About"),
        ngettext("%(n)s lead", "%(n)s leads", count) % {"n": num(count)} if count else facts["about"],
    )


@registered("question_asked", "chat", "acc", is_batched=True)
def _question_asked(facts: Facts) -> Words:
    """asker, text, about or leads, due_at."""
    return Words(
        _("Question from %(name)s") % {"name": facts["asker"]},
        sentences(
            quoted(facts["text"]),
            _about(facts),
            _("An answer is due %(time)s.") % {"time": facts.time("due_at")} if facts["due_at"] else "",
        ),
        _("Answer"),
    )


@registered("question_answered", "chat", "ok")
def _question_answered(facts: Facts) -> Words:
    """answerer, text, question, about."""
    return Words(
        _("Answer from %(name)s") % {"name": facts["answerer"]},
        sentences(
            quoted(facts["text"]),
            named(_("You asked"), facts["question"]),
            _about(facts),
        ),
        _("Read, then close the question"),
    )


@registered("question_closed", "check", "ok")
def _question_closed(facts: Facts) -> Words:
    """asker, question, about."""
    return Words(
        _("Question closed by %(name)s") % {"name": facts["asker"]},
        sentences(quoted(facts["question"]), _about(facts)),
        _("Open the question"),
    )


@registered("question_reopened", "chat", "acc")
def _question_reopened(facts: Facts) -> Words:
    """asker, question, about, due_at."""
    return Words(
        _("Question opened again by %(name)s") % {"name": facts["asker"]},
        sentences(
            quoted(facts["question"]),
            _about(facts),
            _("An answer is due %(time)s.") % {"time": facts.time("due_at")} if facts["due_at"] else "",
        ),
        _("Open the question"),
    )


@registered("question_overdue", "chat", "bad")
def _question_overdue(facts: Facts) -> Words:
    """asker, answerer, question, about, due_at, minutes (of working time past due, while it is an alert)."""
    people = {"asker": facts["asker"], "answerer": facts["answerer"]}
    minutes = facts.count("minutes")
    if minutes:
        title = _("%(time)s past due: %(asker)s asked %(answerer)s") % (people | {"time": duration(minutes)})
    else:
        title = _("An answer is past due: %(asker)s asked %(answerer)s") % people
    return Words(
        title,
        sentences(
            quoted(facts["question"]),
            _about(facts),
            _("The answer was due %(time)s.") % {"time": facts.time("due_at")} if facts["due_at"] else "",
            _("Next step: answer, or say there until when."),
        ),
        _("Answer the question"),
    )
