"""Who and when: the company, its people, their calendars."""

from leadsync.accounts.models import Company


def company() -> Company:
    """The company of this installation; made with defaults at the first call."""
    found = Company.objects.filter(pk=1).first()
    return found or Company.objects.get_or_create(pk=1)[0]
