"""What is told to those who look after the installation."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.notices.kinds.base import Facts, Words, registered, sentences


@registered("rollup_difference", "alert", "bad")
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
        sentences(
            _("The nightly recount has put the figures right."),
            _("Next step: an administrator looks at the log of that night."),
        ),
        _("Open the dashboard"),
    )
