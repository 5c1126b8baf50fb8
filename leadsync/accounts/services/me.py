"""What people change about themselves."""

from typing import Any, Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from leadsync.accounts.models import User
from leadsync.core.errors import Invalid

EDITABLE: Final = frozenset({"name", "language", "theme", "has_shortcuts"})


@transaction.atomic
def edit(*, by: User, **changes: Any) -> None:
    """Change one's own name, language, theme or shortcuts. Raises `Invalid` with the field."""
    unknown = changes.keys() - EDITABLE
    if unknown:
        raise TypeError(f"not one's own to change: {', '.join(sorted(unknown))}")
    if changes.get("language", by.language) not in dict(settings.LANGUAGES):
        raise Invalid(_("LeadSync does not speak this language."), field="language")
    if changes.get("theme", by.theme) not in User.Theme.values:
        raise Invalid(_("There is no such theme."), field="theme")
    if not str(changes.get("name", by.name)).strip():
        raise Invalid(_("A name is needed."), field="name")
    for name, value in changes.items():
        setattr(by, name, value)
    by.save(update_fields=[*changes])


@transaction.atomic
def end_sessions(*, person: User, except_key: str | None = None) -> int:
    """Sign a person out on every device but the one with this session key; returns on how many."""
    sessions = list(UserSession.objects.filter(user=person).exclude(session_key=except_key or ""))
    for session in sessions:
        session.end()
    return len(sessions)
