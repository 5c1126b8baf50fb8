"""Events in the words of the settings."""

from django.utils.translation import gettext_lazy as _

from leadsync.hooks.domain.events import PING, HookEvent

EVENT_WORDS = {
    HookEvent.ARRIVED: _("Arrived"),
    HookEvent.ARRIVED_AGAIN: _("Arrived again"),
    HookEvent.HANDED_OFF: _("Handed off to a rep"),
    HookEvent.PASSED_ON: _("Passed on to another rep"),
    HookEvent.RETURNED: _("Returned to marketing"),
    HookEvent.MARKED: _("Marked"),
    HookEvent.MARK_REVERTED: _("Mark taken back"),
    HookEvent.WON: _("Won"),
    HookEvent.WIN_CHANGED: _("Win corrected"),
    HookEvent.WIN_REVERTED: _("Win taken back"),
    HookEvent.LOST: _("Lost"),
    HookEvent.REOPENED: _("Opened again"),
    HookEvent.MERGED: _("Merged with another lead"),
    HookEvent.MERGE_UNDONE: _("Merge undone"),
    HookEvent.ERASED: _("Personal data erased"),
}


def words_of(event: str) -> str:
    """An event in the reader's language; its name where nobody knows it."""
    if event == PING:
        return str(_("Test"))
    return str(EVENT_WORDS[HookEvent(event)]) if event in set(HookEvent) else event
