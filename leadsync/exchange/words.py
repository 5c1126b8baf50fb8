"""What is booked, in words: the log says what was, a booking what is to come."""

from django.utils.translation import gettext_lazy as _

from leadsync.exchange.models import KindChoices

BOOKED = {
    KindChoices.CALL.value: _("Hearing a call"),
    KindChoices.DAY.value: _("Shadowing a day"),
    KindChoices.MEETING.value: _("Joining a meeting"),
    KindChoices.TRAINING.value: _("Joint training"),
}
