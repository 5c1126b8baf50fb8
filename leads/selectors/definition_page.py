"""The pages of the agreement: a version in words, who signed and who waits, the other versions."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import FETCH_RAISE, Count, Prefetch, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from leads.models import Agreement, Answer, Signature
from leads.selectors import definition_words as words
from leads.selectors.definition_words import CriterionWords, Difference, Sentence
from leadsync.accounts import selectors as accounts
from leadsync.accounts.models import User
from leadsync.accounts.roles import Can, Role
from leadsync.accounts.selectors import people_with
from leadsync.core.templatetags.ui import when

SIDES = (
    (Signature.Side.MARKETING, Role.HEAD_OF_MARKETING, Can.SIGN_FOR_MARKETING),
    (Signature.Side.SALES, Role.HEAD_OF_SALES, Can.SIGN_FOR_SALES),
)


@dataclass(frozen=True, slots=True)
class SignatureRow:
    """One side's signature: "signed", "waits" or "later" (not proposed yet)."""

    side: str
    state: str
    user: User | None
    name: str
    text: str
    signed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class VersionPage:
    """One version in words. `differences` are against `compared_with`, which is None for the first."""

    agreement: Agreement
    rule: str
    criteria: list[CriterionWords]
    promises: list[tuple[str, str]]
    limits: list[Sentence]
    signatures: list[SignatureRow]
    compared_with: Agreement | None = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def groups(self) -> list[tuple[str, list[Difference]]]:
        """The differences by what they are about."""
        return words.grouped(self.differences)

    @property
    def waiting(self) -> list[SignatureRow]:
        """The sides whose signature is missing on a proposed version."""
        return [row for row in self.signatures if row.state == "waits"]


def versions() -> QuerySet[Agreement]:
    """All versions, the newest first, with all that the pages say about them. Five queries."""
    signed = Signature.objects.select_related("by").prefetch_related("by__groups").order_by("at")
    return Agreement.objects.select_related("created_by").prefetch_related(
        "criteria", "promises", Prefetch("signatures", signed)
    )


@dataclass(frozen=True, slots=True)
class DefinitionPage:
    """What `/definition/` shows: the version in force, the next one if there is any, and the list of all."""

    current: VersionPage | None
    coming: VersionPage | None
    versions: list[Agreement]


def definition_page() -> DefinitionPage:
    """The version in force and the newest that is proposed, else drafted. A fixed number of queries."""
    found = list(versions().fetch_mode(FETCH_RAISE))
    heads = _heads()
    current = next((one for one in found if one.state == Agreement.State.IN_FORCE), None)
    proposed = [one for one in found if one.state == Agreement.State.PROPOSED]
    drafts = [one for one in found if one.state == Agreement.State.DRAFT]
    coming = next(iter([*proposed, *drafts]), None)
    return DefinitionPage(
        current=_page(current, heads, _former(current, found)) if current else None,
        coming=_page(coming, heads, current) if coming else None,
        versions=found,
    )


def version_page(number: int) -> tuple[VersionPage, list[Agreement]] | None:
    """One version by its number, against the one in force (or before it), and all of them; None: no such."""
    found = list(versions().fetch_mode(FETCH_RAISE))
    one = next((one for one in found if one.number == number), None)
    if one is None:
        return None
    current = next((other for other in found if other.state == Agreement.State.IN_FORCE), None)
    against = current if one.is_editable else _former(one, found)
    return _page(one, _heads(), against), found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions and in what the first differs from the second."""

    version: Agreement
    against: Agreement
    differences: list[Difference]
    versions: list[Agreement]

    @property
    def groups(self) -> list[tuple[str, list[Difference]]]:
        """The differences by what they are about."""
        return words.grouped(self.differences)


def comparison(number: int, other: int) -> Comparison | None:
    """Any two versions by their numbers; None where one of them is not there."""
    found = list(versions().fetch_mode(FETCH_RAISE))
    by_number = {one.number: one for one in found}
    if number not in by_number or other not in by_number:
        return None
    version, against = by_number[number], by_number[other]
    return Comparison(version, against, words.differences(against, version), found)


def usual_pair() -> tuple[int, int] | None:
    """The newest version and the one in force (else the newest before); None while there are no two."""
    rows = list(Agreement.objects.values_list("number", "state"))  # the newest first
    if len(rows) < 2:
        return None
    newest = rows[0][0]
    current = next((number for number, state in rows if state == Agreement.State.IN_FORCE), newest)
    return newest, current if current != newest else rows[1][0]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A version as it is printed: instants in full, in the company's zone."""

    shown: VersionPage
    company: str
    zone: str

    @property
    def state(self) -> str:
        """What the version is, in a sentence."""
        one = self.shown.agreement
        match one.state:
            case Agreement.State.IN_FORCE:
                return _("In force from %(at)s.") % {"at": self._at(one.in_force_at)}
            case Agreement.State.SUPERSEDED:
                return _("In force from %(from)s to %(to)s.") % {
                    "from": self._at(one.in_force_at),
                    "to": self._at(one.superseded_at),
                }
            case Agreement.State.PROPOSED:
                return _("Proposed, not in force: a signature is missing.")
            case _:
                return _("A draft: it is not in force and nobody has signed it.")

    @property
    def signatures(self) -> list[tuple[SignatureRow, str]]:
        """Both sides with the instant of the signature, "" where there is none."""
        return [(row, self._at(row.signed_at)) for row in self.shown.signatures]

    @staticmethod
    def _at(at: datetime | None) -> str:
        return date_format(at.astimezone(accounts.company().tz), "DATETIME_FORMAT") if at else ""


def sheet(number: int) -> Sheet | None:
    """One version for printing; None: no such."""
    found = version_page(number)
    company = accounts.company()
    return Sheet(found[0], company.name, company.zone) if found else None


def answers_held(of: Agreement) -> dict[str, int]:
    """How many leads hold an answer to each question of this version, by key. One query."""
    keys = [criterion.key for criterion in of.criteria.all()]
    rows = Answer.objects.filter(key__in=keys).values("key").annotate(n=Count("pk")).order_by("key")
    return {row["key"]: row["n"] for row in rows}


def segments() -> list[str]:
    """The segments that campaigns have, by name. One query."""
    found = Campaign.objects.exclude(segment="").values_list("segment", flat=True).distinct()
    return sorted(found.order_by("segment"), key=str.casefold)


def _former(of: Agreement, found: list[Agreement]) -> Agreement | None:
    """The version that was in force before this one."""
    if of.in_force_at is None:
        return None
    earlier = [
        (one.in_force_at, one.pk, one)
        for one in found
        if one.in_force_at and one.in_force_at < of.in_force_at
    ]
    return max(earlier)[2] if earlier else None


def _heads() -> dict[str, list[User]]:
    """Who can sign for each side. Two queries a side."""
    return {
        side: list(people_with(role).prefetch_related("groups").fetch_mode(FETCH_RAISE))
        for side, role, _can in SIDES
    }


def _page(one: Agreement, heads: dict[str, list[User]], against: Agreement | None) -> VersionPage:
    criteria = list(one.criteria.all())
    return VersionPage(
        agreement=one,
        rule=words.rule(one, criteria),
        criteria=[words.criterion_words(criterion) for criterion in criteria],
        promises=words.promises_words(one.promises.all()),
        limits=words.limits_words(one),
        signatures=_signatures(one, heads),
        compared_with=against,
        differences=words.differences(against, one) if against else [],
    )


def _signatures(one: Agreement, heads: dict[str, list[User]]) -> list[SignatureRow]:
    signed = {signature.side: signature for signature in one.signatures.all()}
    rows = []
    for side, _role, _can in SIDES:
        label = str(side.label)
        if side in signed:
            signature = signed[side]
            text = _("%(side)s, signed %(when)s") % {"side": label, "when": when(signature.at)}
            rows.append(SignatureRow(side, "signed", signature.by, signature.by.name, text, signature.at))
            continue
        who = heads[side]
        name = " / ".join(person.name for person in who) or label
        if not who:
            text = _("nobody holds this role; an administrator can give it under People")
        elif one.state == Agreement.State.PROPOSED:
            text = _("%(side)s, signature waits") % {"side": label}
        else:
            text = _("%(side)s, signs once it is proposed") % {"side": label}
        state = "waits" if one.state == Agreement.State.PROPOSED else "later"
        rows.append(SignatureRow(side, state, who[0] if len(who) == 1 else None, name, text))
    return rows


def may_sign(page: VersionPage, person: User) -> bool:
    """Whether this person's signature is one of those that wait, and none of the person's is there yet."""
    waiting = {row.side for row in page.waiting}
    has_signed = any(row.user == person for row in page.signatures if row.state == "signed")
    return not has_signed and any(side in waiting and person.can(can) for side, _role, can in SIDES)
