"""What every API view shares: pages by key and throttling. (Refusals: `leadsync.core.problems`.)"""

from rest_framework.pagination import CursorPagination
from rest_framework.throttling import UserRateThrottle


class CursorPages(CursorPagination):
    """Pages by key, newest first. `limit` asks for 1 to 200 rows."""

    ordering = "-id"
    page_size_query_param = "limit"
    max_page_size = 200


class PersonThrottle(UserRateThrottle):
    """So many requests a minute per person or token; see `API_RATE`."""

    scope = "person"
