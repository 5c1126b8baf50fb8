"""What the agreement in force says about gates and sales time."""

from leads.domain.terms import Terms
from leads.models import Agreement


def limits() -> Agreement | Terms:
    """The agreement in force without its criteria and promises, or the stock limits. One query."""
    return Agreement.objects.filter(state=Agreement.State.IN_FORCE).first() or Terms()
