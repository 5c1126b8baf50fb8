"""Several counts in one statement."""

from django.db.models import Subquery


class CountOf(Subquery):
    """How many rows a query has, as a column of another one."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
