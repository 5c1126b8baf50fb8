"""The closed sets of words that leads are described with; values are stored and go over the API."""

from enum import StrEnum


class Stage(StrEnum):
    """Where the lead stands."""

    NEW = "new"
    CONTACTED = "contacted"
    QUALIFIED = "qualified"
    WON = "won"
    LOST = "lost"
    CLOSED = "closed"


OPEN_STAGES = (Stage.NEW, Stage.CONTACTED, Stage.QUALIFIED)
WORKED_STAGES = (Stage.CONTACTED, Stage.QUALIFIED)


class MarkValue(StrEnum):
    """Sales' verdict on quality."""

    NONE = "none"
    QUALIFIED = "qualified"
    PROMISING = "promising"
    NOT_A_FIT = "not_a_fit"
    UNREACHABLE = "unreachable"


GOOD_MARKS = (MarkValue.QUALIFIED, MarkValue.PROMISING)


class Outcome(StrEnum):
    """How an activity went. CALLING: just started from a call link, an attempt whose outcome is to come."""

    CALLING = "calling"
    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"


class End(StrEnum):
    """What ended a handoff."""

    CONTACT = "contact"
    MARK = "mark"
    JUDGED = "judged"  # marked as obviously false without a contact: counted apart
    RETURNED = "returned"
    PASSED_ON = "passed_on"
    MERGED = "merged"
    ERASED = "erased"
    UNDONE = "undone"


class StepKind(StrEnum):
    """What workers flag, each at most once per handoff (or per lead and due time)."""

    WARN = "warn"
    MISSED = "missed"
    ESCALATED = "escalated"
    FOLLOW_UP = "follow_up"
    SILENT = "silent"


class Door(StrEnum):
    """How an arrival came in."""

    HAND = "hand"
    PASTE = "paste"
    FILE = "file"
    HISTORY = "history"
    API = "api"
    FORM = "form"
    WEBHOOK = "webhook"
    TEST = "test"


class EventKind(StrEnum):
    """What was done to a lead; one append-only row each."""

    ARRIVED = "arrived"
    ARRIVED_AGAIN = "arrived_again"
    IMPORTED = "imported"
    HANDED_OFF = "handed_off"
    PASSED_ON = "passed_on"
    RETURNED = "returned"
    ACTIVITY = "activity"
    ANSWERED = "answered"
    FORGOTTEN = "forgotten"
    LEARNED = "learned"  # situation, needs, objections: what sales found out, or took back
    DISPUTED = "disputed"
    DISPUTE_ENDED = "dispute_ended"
    MARKED = "marked"
    MARK_REVERTED = "mark_reverted"
    NEXT_STEP = "next_step"
    NOTE = "note"
    WON = "won"
    WIN_CHANGED = "win_changed"
    WIN_REVERTED = "win_reverted"
    LOST = "lost"
    REOPENED = "reopened"
    EDITED = "edited"
    CONSENTED = "consented"  # consent given or taken back
    MERGED = "merged"
    MERGE_UNDONE = "merge_undone"
    ERASED = "erased"


class Topic(StrEnum):
    """What sales learns about a lead beside the definition's answers."""

    SITUATION = "situation"
    NEED = "need"
    OBJECTION = "objection"


class ReturnReason(StrEnum):
    """Why a rep gives a lead back to marketing."""

    INCOMPLETE = "incomplete"
    WRONG_MARKET = "wrong_market"
    WRONG_REP = "wrong_rep"
    NOT_NOW = "not_now"
    OTHER = "other"


def gettext_noop(message: str) -> str:
    """Marks a string for translation where it is stored in English and translated when shown."""
    return message


# The next steps that LeadSync writes itself, after a call nobody answered and after a mark was overturned; shown in
# the reader's language.
TRY_AGAIN = gettext_noop("Try again")
GET_BACK = gettext_noop("Get back to them: the mark was changed")
STOCK_STEPS = frozenset({TRY_AGAIN, GET_BACK})
