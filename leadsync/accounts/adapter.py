"""Where allauth asks us: nobody signs up without an invitation."""

from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

_SILENT: Final = frozenset({"account/messages/logged_in.txt", "account/messages/logged_out.txt"})


class Adapter(DefaultAccountAdapter):
    """LeadSync's rules for allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There is no user name: the e-mail address signs in."""

    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        """Say what changed; that somebody is signed in or out shows by itself."""
        if message_template not in _SILENT:
            super().add_message(request, level, message_template, *args, **kwargs)
