"""What became of a message, and why, in the reader's language."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from leads.domain.tables import Field
from leads.selectors.imports import FIELD_LABELS, problem_words
from leadsync.intake.domain.hosted import Suspicion
from leadsync.intake.domain.mapping import CONSENT_TEXT, FIELDS
from leadsync.intake.domain.reading import Why
from leadsync.intake.models import Payload

# Why the last message was not believed, in `Source.refusal`.
REFUSALS: Final = {
    "wrong_key": gettext_lazy("The key was wrong. Copy the key of this source into the sender's settings."),
    "wrong_signature": gettext_lazy(
        "The signature was wrong. Copy the secret of this source into the sender's settings."
    ),
    "not_signed": gettext_lazy("It was not signed. Switch signing on at the sender."),
    "too_old": gettext_lazy(
        "It was more than five minutes old or early. Set the sender's clock, or it was sent by somebody else."
    ),
    "no_secret": gettext_lazy("No secret is saved here yet, so nobody can be believed."),
    "not_json": gettext_lazy("It was not JSON, so it held no key."),
    "too_long": gettext_lazy("It was longer than 1 MB."),
    "other_message": gettext_lazy(
        "Its webhook-id came before with another message. Each message needs an id of its own."
    ),
}

_REASONS: Final = {
    Why.NOT_JSON: gettext_lazy("It is not JSON. The first fault is in line %(line)s, column %(column)s."),
    Why.TOO_DEEP: gettext_lazy("Its JSON is nested too deeply to be read."),
    Why.NOT_OBJECT: gettext_lazy("It is no JSON object."),
    Why.SHAPE: gettext_lazy("“%(place)s” is missing, or is not what this sender sends there."),
    Why.NO_ANSWERS: gettext_lazy("It holds no answer."),
    Why.EMPTY: gettext_lazy("It is empty."),
    Why.TOO_MANY: gettext_lazy("It holds too many leads at once."),
    Why.PARTIAL: gettext_lazy("The form was not filled in to its end."),
    Why.NOT_FETCHED: gettext_lazy("Meta did not give the answers in many tries. Next step: try again."),
    Why.GONE: gettext_lazy("Meta has no answers for this lead, or the access token may not see them."),
    Why.FAULT: gettext_lazy("LeadSync failed at it. An administrator finds why in the log."),
    Suspicion.TRAP: gettext_lazy(
        "A field that people do not see was filled in, which only programs do. If it is from a person, take it as a lead."
    ),
    Suspicion.TOO_FAST: gettext_lazy(
        "It came faster than anybody types. If it is from a person, take it as a lead."
    ),
    "off": gettext_lazy("The source is off. It becomes a lead once the source is switched on."),
    "again": gettext_lazy("It is tried again."),
    "no_token": gettext_lazy("The answers cannot be fetched: an access token is missing."),
    "token_expired": gettext_lazy("The answers cannot be fetched: Meta no longer accepts the access token."),
    "not_allowed": gettext_lazy("The answers cannot be fetched: the access token may not read leads."),
    "unreachable": gettext_lazy("Meta could not be reached. It is tried again."),
    "busy": gettext_lazy("Meta was busy. It is tried again."),
}

STATE_TONES: Final = {
    Payload.State.WAITING: "warn",
    Payload.State.TAKEN: "ok",
    Payload.State.TEST: "ok",
    Payload.State.UNREADABLE: "bad",
    Payload.State.SPAM: "warn",
    Payload.State.DROPPED: "",
}


def reasons_of(payload: Payload) -> list[str]:
    """Why it is unreadable or waits, sentence by sentence; nothing where there is nothing to say."""
    reason: Mapping[str, Any] = payload.reason
    if payload.state == Payload.State.DROPPED:
        reason = reason.get("reason") or {}
    return _sentences(reason)


def remarks_of(payload: Payload) -> list[str]:
    """What of a lead's message could not be used and stayed in the payload."""
    return [problem_words(one) for one in payload.reason.get("remarks", [])]


def _sentences(reason: Mapping[str, Any]) -> list[str]:
    code = reason.get("code", "")
    place = str(reason.get("place", ""))
    match code:
        case "":
            return []
        case Why.ROW:
            return [problem_words(one) for one in reason.get("problems", [])]
        case Why.REFUSED:
            field = reason.get("field", "")
            label = str(FIELD_LABELS[Field(field)]) if field in Field else ""
            return [": ".join(part for part in (label, str(reason.get("text", ""))) if part)]
        case Why.NOT_JSON:
            line, _colon, column = place.partition(":")
            return [str(_REASONS[code]) % {"line": line or "1", "column": column or "1"}]
    words = _REASONS.get(code)
    return [str(words) % {"place": place} if words else str(code)]


def refusal_words(code: str) -> str:
    """Why the last message was not believed; empty for none."""
    return str(REFUSALS.get(code, code)) if code else ""


def target_words(target: str, questions: Mapping[str, str]) -> str:
    """Where an answer goes; `questions` by "answer:" and key."""
    if not target:
        return _("Kept as received, not used")
    if target == CONSENT_TEXT:
        return _("Words of the consent")
    if target in questions:
        return questions[target]
    return str(FIELD_LABELS[Field(target)]) if target in Field else target


def target_choices(questions: Mapping[str, str]) -> list[tuple[str, Any]]:
    """All places an answer can go to, for a select."""
    fields = [(field.value, str(FIELD_LABELS[field])) for field in FIELDS]
    fields.append((CONSENT_TEXT, target_words(CONSENT_TEXT, questions)))
    found: list[tuple[str, Any]] = [("", _("Kept as received, not used")), (_("The lead"), fields)]
    if questions:
        found.append((_("Questions of our definition"), list(questions.items())))
    return found
