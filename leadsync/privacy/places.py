"""Every table that can hold something of a lead, how its rows are found, and what erasing does with them.

tests/architecture/test_personal_data.py walks all models: one that refers to a lead, or can hold text, stands either here
or in `WITHOUT` with the reason. So no table is forgotten by the page about one person, or by erasing.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from feedback.services.erasing import urls_of
from leads.services import import_erasing
from leads.services.erasing import traces_of
from leadsync.intake.services import erasing as intake
from leadsync.meetings.services import erasing as meetings
from leadsync.notices import erasing as notices

type Find = Callable[[int], QuerySet[Any]]

BLANKED = _("The words go; when it was and by whom stays.")
DELETED = _("Goes wholly.")
KEPT = _("Stays: it says nothing about who it was.")


@dataclass(frozen=True, slots=True)
class Place:
    """A table: its name as people say it, the rows of one lead, what erasing does."""

    label: str
    title: Promise
    find: Find
    erased: Promise
    shown: frozenset[str] = frozenset()  # technical columns that say something here
    is_told_by_lead: bool = True  # rows refer to the lead by key; else they are found by what they say

    @property
    def model(self) -> type[Model]:
        return apps.get_model(self.label)

    def rows(self, lead_id: int) -> QuerySet[Any]:
        """The rows of this lead, the oldest first, with what they refer to."""
        names = [field.name for field in self.model._meta.concrete_fields if field.is_relation]
        return self.find(lead_id).select_related(*names).order_by("pk")


def _all(label: str) -> QuerySet[Any]:
    found: QuerySet[Any] = apps.get_model(label)._default_manager.all()
    return found


def _by(label: str, *paths: str) -> Find:
    """Rows that refer to the lead by any of these paths."""

    def find(lead_id: int) -> QuerySet[Any]:
        which = Q(*((path, lead_id) for path in paths), _connector=Q.OR)
        return _all(label).filter(which)

    return find


def _notices(label: str) -> Find:
    def find(lead_id: int) -> QuerySet[Any]:
        return _all(label).filter(notices.about([lead_id], urls_of([lead_id])))

    return find


def _mails(lead_id: int) -> QuerySet[Any]:
    """Mails that carry notices of this lead, and others that name the person."""
    found = notices.about([lead_id], urls_of([lead_id]))
    ids: set[int] = set()
    for label in ("notices.Notice", "notices.News"):
        rows = _all(label).filter(found, message__isnull=False)
        ids |= set(rows.values_list("message", flat=True))
    for column in ("subject", "body"):
        ids |= set(_naming("notices.Message", column)(lead_id).values_list("pk", flat=True))
    return _all("notices.Message").filter(pk__in=ids)


def _naming(label: str, column: str) -> Find:
    """Rows that name the person in a text or JSON column."""

    def find(lead_id: int) -> QuerySet[Any]:
        return notices.mentioning(_all(label), column, traces_of([lead_id]))

    return find


def _points(lead_id: int) -> QuerySet[Any]:
    """Points about the lead, and others that name the person."""
    found = meetings.about([lead_id], urls_of([lead_id])).values("pk")
    return _all("meetings.Point").filter(
        Q(pk__in=found) | Q(pk__in=meetings.naming(traces_of([lead_id])).values("pk"))
    )


def _decided(lead_id: int) -> QuerySet[Any]:
    """What was decided about points of the lead, and other decisions that name the person."""
    found = meetings.about([lead_id], urls_of([lead_id])).values("pk")
    said = [_naming("meetings.Decision", column)(lead_id) for column in ("text", "done_note")]
    return _all("meetings.Decision").filter(
        Q(point__in=found) | Q(pk__in=said[0].values("pk")) | Q(pk__in=said[1].values("pk"))
    )


def _imports(lead_id: int) -> QuerySet[Any]:
    """Lists that brought the lead or changed it; which others name the person is found when it is erased."""
    ids = import_erasing.linked([lead_id])
    rows = import_erasing.rows_with(traces_of([lead_id])).values_list("batch", flat=True)
    return _all("leads.Import").filter(pk__in={*ids, *rows})


def _payloads(lead_id: int) -> QuerySet[Any]:
    found = intake.of_leads([lead_id]).values("pk")
    return _all("intake.Payload").filter(
        Q(pk__in=found) | Q(pk__in=intake.mentioning(traces_of([lead_id])).values("pk"))
    )


def _questions(lead_id: int) -> QuerySet[Any]:
    """Questions about the lead, and about leads that were searched by who it is."""
    named = _naming("feedback.Question", "cohort")(lead_id).values("pk")
    return _all("feedback.Question").filter(Q(lead=lead_id) | Q(pk__in=named))


def _refused(lead_id: int) -> QuerySet[Any]:
    return import_erasing.rows_with(traces_of([lead_id]))


def _place(label: str, title: Any, erased: Any, *paths: str, shown: Collection[str] = ()) -> Place:
    return Place(label, title, _by(label, *(paths or ("lead",))), erased, frozenset(shown))


PLACES: Final = (
    _place(
        "leads.Lead",
        _("Who it is, and where it stands"),
        _(
            "Name, company, position, e-mail, phone, city, what they want and the next step go. Campaign, stage, "
            "quality, amounts and times stay: figures count by them."
        ),
        "pk",
    ),
    _place(
        "leads.LeadKey",
        _("By what the person is recognised"),
        _("Goes wholly: who comes again is somebody new."),
    ),
    _place("leads.Consent", _("Consent"), DELETED),
    _place("leads.Arrival", _("Interest shown, as received"), BLANKED),
    Place(
        "intake.Payload",
        _("Messages of forms and other programs"),
        _payloads,
        _("What they say goes."),
    ),
    Place(
        "leads.Import",
        _("Lists with this person"),
        _imports,
        _("The file goes, for everybody in it; the leads it brought stay, and it can still be undone."),
    ),
    Place(
        "leads.ImportRow",
        _("Rows of lists that could not be saved"),
        _refused,
        DELETED,
        is_told_by_lead=False,
    ),
    _place("leads.Handoff", _("With which rep, and the promise"), BLANKED),
    _place("leads.Step", _("What was past its time"), KEPT),
    _place("leads.Activity", _("Calls, mails, meetings, notes"), BLANKED),
    _place("leads.Mark", _("Quality, as sales judged it"), BLANKED),
    _place(
        "leads.Answer",
        _("Answers to the questions of our definition"),
        _("Yes and no, numbers and choices stay; everything written goes."),
        shown=("key",),
    ),
    _place("leads.Finding", _("What we learned"), _("Words go; what was chosen from a list stays.")),
    _place("leads.BackTestLead", _("Measured for a change of the definition"), KEPT),
    _place("leads.LeadEvent", _("What was done, with values before and after"), BLANKED),
    _place(
        "leads.Merge",
        _("Merged with"),
        _("What would put both back goes: it can no longer be undone."),
        "survivor",
        "gone_id",
    ),
    _place("leads.Lookalike", _("Looks like"), DELETED, "first", "second"),
    Place(
        "feedback.Question",
        _("Questions"),
        _questions,
        _("The words go, and what leads were searched by; what is open is closed."),
    ),
    _place("feedback.Reply", _("Answers to questions"), BLANKED, "question__lead"),
    _place("feedback.Dispute", _("Disputes about the mark"), _("The words go; what is open is closed.")),
    _place("feedback.Decision", _("What was decided about disputes"), BLANKED, "dispute__lead"),
    _place("feedback.Evidence", _("Market notes that rest on it"), KEPT),
    _place("exchange.Entry", _("Calls with it that marketing heard"), BLANKED),
    _place("exchange.Win", _("Wins"), KEPT),
    _place("exchange.Applause", _("Applause for the sale"), KEPT),
    Place("notices.Notice", _("Notices to colleagues"), _notices("notices.Notice"), BLANKED),
    Place("notices.News", _("News for the company’s channel"), _notices("notices.News"), BLANKED),
    Place(
        "notices.Message",
        _("Mails to colleagues"),
        _mails,
        _("The words go; one that still waits is not sent."),
    ),
    Place(
        "notices.Alert",
        _("Alerts"),
        _naming("notices.Alert", "context"),
        _("The name goes."),
        is_told_by_lead=False,
    ),
    Place(
        "meetings.Point",
        _("Points of joint meetings"),
        _points,
        BLANKED,
        is_told_by_lead=False,
    ),
    Place(
        "meetings.Decision",
        _("What joint meetings decided"),
        _decided,
        BLANKED,
        is_told_by_lead=False,
    ),
    _place(
        "hooks.Delivery",
        _("Sent to other programs"),
        _("What was said goes here; what those programs keep is to be erased there."),
        "lead_id",
    ),
    Place(
        "leads.SavedView",
        _("Searches kept by colleagues"),
        _naming("leads.SavedView", "query"),
        _("The name goes."),
        is_told_by_lead=False,
    ),
    _place(
        "accounts.DataExport",
        _("Taken out or looked at as a whole"),
        _("Stays, without the name."),
        "lead_id",
    ),
    _place("privacy.Erasure", _("Erased"), KEPT, "lead_id"),
)

BY_LABEL: Final = {place.label: place for place in PLACES}

_COLLEAGUES = "about colleagues, whose accounts are not leads"
_OURS = "what the company writes about its own work, in general"
_PROGRAM = "kept by the program for itself; no personal data of leads"

# Models that can hold text and no personal data of leads, with the reason.
WITHOUT: Final = {
    "account.EmailAddress": _COLLEAGUES,
    "account.EmailConfirmation": _COLLEAGUES,
    "accounts.Absence": _COLLEAGUES,
    "accounts.ApiToken": _COLLEAGUES,
    "accounts.Company": _OURS,
    "accounts.HistoricalCompany": _OURS,
    "accounts.Invitation": _COLLEAGUES,
    "accounts.Office": _OURS,
    "accounts.OwnDay": _OURS,
    "accounts.User": _COLLEAGUES,
    "auth.Group": _PROGRAM,
    "auth.Permission": _PROGRAM,
    "campaigns.Campaign": _OURS,
    "campaigns.Channel": _OURS,
    "campaigns.ContactPoint": _OURS,
    "campaigns.HistoricalCampaign": _OURS,
    "campaigns.Idea": _OURS,
    "campaigns.MarketNote": _OURS,
    "campaigns.NoteAnswer": _OURS,
    "campaigns.Proof": _OURS,
    "campaigns.Review": _OURS,
    "campaigns.Spend": _OURS,
    "contenttypes.ContentType": _PROGRAM,
    "core.Lock": _PROGRAM,
    "exchange.Booking": _COLLEAGUES,
    "feedback.GateDecision": _OURS,
    "feedback.GateSignature": _OURS,
    "feedback.GateVerdict": _OURS,
    "hooks.Endpoint": _OURS,
    "intake.LeadForm": _OURS,
    "intake.Source": "addresses and secrets; what it sent is in Payload",
    "kpi.CohortFact": "counts by stage and mark",
    "kpi.OrderChange": _COLLEAGUES,
    "kpi.Plan": _OURS,
    "kpi.PlanSignature": _OURS,
    "kpi.PlanVersion": _OURS,
    "leads.Agreement": _OURS,
    "leads.BackTest": "counts of leads",
    "leads.ColumnMemory": "digests of column names, and which field each is",
    "leads.Criterion": _OURS,
    "leads.IdempotencyKey": "digests, and ids of leads, for a day",
    "leads.Promise": _OURS,
    "leads.Reason": _OURS,
    "leads.RepGroup": _OURS,
    "leads.RoutingRule": _OURS,
    "leads.Signature": _OURS,
    "leads.Tag": _OURS,
    "meetings.Feed": _COLLEAGUES,
    "meetings.Meeting": _OURS,
    "meetings.Series": _OURS,
    "mfa.Authenticator": _COLLEAGUES,
    "notices.MailChoice": _COLLEAGUES,
    "notices.Mute": "addresses of pages, which hold numbers",
    "notices.Webhook": _OURS,
    "sessions.Session": "who is signed in; what was said after an action, until it is shown",
    "usersessions.UserSession": _COLLEAGUES,
}
