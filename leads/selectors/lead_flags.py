"""What a lead has at all, read with the lead: what most leads lack needs no statement of its own on their page."""

from django.db.models import Exists, OuterRef, Q

from leads.models import Activity, Finding, Lead, Lookalike, Mark, Merge, Step

HAS_ACTIVITIES = "has_activities"
HAS_FINDINGS = "has_findings"
HAS_LOOKALIKES = "has_lookalikes"
HAS_MARKS = "has_marks"
HAS_MERGES = "has_merges"
HAS_STEPS = "has_steps"


def flags() -> dict[str, Exists]:
    """For a lead's query: whether anything was done, found out, marked, merged, taken for the same, or flagged."""
    me = OuterRef("pk")
    return {
        HAS_ACTIVITIES: Exists(Activity.objects.filter(lead=me)),
        HAS_MARKS: Exists(Mark.objects.filter(lead=me)),
        HAS_FINDINGS: Exists(Finding.objects.filter(lead=me)),
        HAS_MERGES: Exists(Merge.objects.filter(survivor=me, undone_at=None)),
        HAS_LOOKALIKES: Exists(Lookalike.objects.filter(Q(first=me) | Q(second=me))),
        HAS_STEPS: Exists(Step.objects.filter(lead=me)),
    }


def may_have(lead: Lead, flag: str) -> bool:
    """Whether it is worth asking; a lead that was read without its flags may have everything."""
    return bool(getattr(lead, flag, True))
