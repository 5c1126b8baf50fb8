"""What is told of contact points: what the worker found, that one does not work, is to be tried, or lets nobody in."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.notices.kinds.base import Facts, Group, Words, named, registered, sentences


def found_words(found: str, detail: str = "") -> str:
    """What the worker found when it tried a contact point, by its code, in the language in force; "" for none."""
    facts = {"detail": detail}
    match found:
        case "page_ok":
            return (
                _("The page answers.")
                if not detail
                else _("The page answers; “%(detail)s” stands there.") % facts
            )
        case "page_status":
            return _("The page answers with an error, %(detail)s.") % facts
        case "page_text":
            return _("“%(detail)s” does not stand on the page.") % facts
        case "page_unreachable":
            return named(_("The page was not reached"), _reason(detail))
        case "page_refused":
            return named(_("The page was not asked for"), _reason(detail))
        case "mail_ok":
            return _("Mail goes to %(detail)s.") % facts
        case "mail_none":
            return _("There is no mail server for %(detail)s.") % facts
        case "mail_refuses":
            return _("%(detail)s says that it takes no mail.") % facts
        case "mail_unknown":
            return _("The look-up got no answer in time; it says nothing about the mailbox.")
        case "lead_ok":
            return _("A test lead arrived in the queue: %(detail)s.") % facts
        case "lead_no_form":
            return _("There is no form of this address here.")
        case "lead_closed":
            return _("The form is closed.")
        case "lead_not_live":
            return _("The form does not take leads: the campaign %(detail)s is not live.") % facts
        case "lead_refused":
            return _("The form did not take a test lead. Field: %(detail)s.") % facts
        case "lead_nobody":
            return _("A test lead arrived, and nobody is there to get it.")
        case "lead_not_in_queue":
            return _("A test lead arrived and is not in the queue: %(detail)s.") % facts
        case "lead_fault":
            return _("The test lead was not received. The log says why.")
    return ""


def _reason(detail: str) -> str:
    """Why, as the client said it in English: the catalogues know it by that name."""
    return _(detail) if detail else ""


def _what(facts: Facts) -> str:
    """What was found: in our words where the worker tried it, else as somebody wrote it."""
    note = str(facts["note"])
    return found_words(str(facts["found"]), note) or named(_("Note"), note)


def _by(facts: Facts) -> str:
    who = str(facts["reported_by"])
    return named(_("Tried by"), who) if who or not facts["found"] else _("Tried by LeadSync, twice.")


@registered("point_broken", "phone-off", "bad", group=Group.CHANNELS)
def _point_broken(facts: Facts) -> Words:
    """point, channel, reported_by, note, found, responsible."""
    return Words(
        _("Does not work: %(point)s") % {"point": facts["point"]},
        sentences(
            named(_("Channel"), facts["channel"]),
            _by(facts),
            _what(facts),
            named(_("Responsible"), facts["responsible"]),
            _("Next step: repair it, try it, and press “It works”."),
        ),
        _("Open the contact point"),
    )


@registered("point_works", "phone", "ok", group=Group.CHANNELS)
def _point_works(facts: Facts) -> Words:
    """point, channel, reported_by, note, found, is_taken_back, is_out_of_use."""
    if facts["is_taken_back"]:
        title = _("Report taken back: %(point)s") % {"point": facts["point"]}
    elif facts["is_out_of_use"]:
        title = _("No longer in use: %(point)s") % {"point": facts["point"]}
    else:
        title = _("Works again: %(point)s") % {"point": facts["point"]}
    is_tried = not (facts["is_taken_back"] or facts["is_out_of_use"])
    tried = [named(_("Tried by"), facts["reported_by"]), _what(facts)] if is_tried else []
    return Words(title, sentences(named(_("Channel"), facts["channel"]), *tried), _("Open the contact point"))


@registered("point_stale", "clock", "warn")
def _point_stale(facts: Facts) -> Words:
    """count, never, days, responsible."""
    count, never, days = facts.count(), facts.count("never"), facts.count("days")
    return Words(
        ngettext(
            "%(n)d contact point without a fresh proof", "%(n)d contact points without a fresh proof", count
        )
        % {"n": count},
        sentences(
            ngettext("%(n)d of them was never tried.", "%(n)d of them were never tried.", never)
            % {"n": never}
            if never
            else "",
            ngettext(
                "A proof counts for %(n)d day, as agreed.", "A proof counts for %(n)d days, as agreed.", days
            )
            % {"n": days},
            named(_("Responsible"), facts["responsible"]),
            _("Next step: call, write or open each of them and say whether it works."),
        ),
        _("Try them"),
    )


@registered("point_no_access", "lock", "warn")
def _no_access(facts: Facts) -> Words:
    """person, point, channel, note, responsible, count (of people; `person` names all of them)."""
    count = facts.count()
    several = ngettext(
        "%(n)d person cannot get in: %(point)s", "%(n)d people cannot get in: %(point)s", count
    ) % {"n": count, "point": facts["point"]}
    return Words(
        several
        if count > 1
        else _("Cannot get in: %(person)s, %(point)s") % {"person": facts["person"], "point": facts["point"]},
        sentences(
            named(_("People"), facts["person"]) if count > 1 else "",
            named(_("Channel"), facts["channel"]),
            named(_("Note"), facts["note"]),
            named(_("Responsible"), facts["responsible"]),
            _("Next step: hand over how to sign in, and give access."),
        ),
        _("Give access"),
    )


@registered("access_given", "lock-open", "ok")
def _access_given(facts: Facts) -> Words:
    """point, channel, who."""
    return Words(
        _("You have access: %(point)s") % {"point": facts["point"]},
        sentences(
            named(_("Channel"), facts["channel"]),
            named(_("Given by"), facts["who"]),
            _("Next step: try to get in, and say so if you cannot."),
        ),
        _("Open the contact point"),
    )
