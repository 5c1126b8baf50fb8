"""Joint meetings: their series, the agenda that writes itself, decisions and minutes."""

from django.apps import AppConfig

from leadsync.meetings.discretion import be_quiet


class Meetings(AppConfig):
    name = "leadsync.meetings"
    label = "meetings"
    verbose_name = "Meetings"

    def ready(self) -> None:
        be_quiet()
