"""Old things go, and nothing that is still of use."""

from datetime import UTC, datetime, timedelta

import pytest

from leadsync.accounts.models import User
from leadsync.notices import delivery, housekeeping, services
from leadsync.notices.models import Message, News, Notice

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def message(to: User, state: str, created_at: datetime) -> Message:
    return Message.objects.create(
        recipient=to,
        key=f"{state}:{created_at}",
        address=to.email,
        subject="S",
        body="B",
        state=state,
        created_at=created_at,
        sent_at=created_at if state == "sent" else None,
    )


def test_old_messages_go_but_not_what_waits_or_was_given_up(anna: User) -> None:
    old = AT - housekeeping.MESSAGES_KEPT - timedelta(days=1)
    for state in ("sent", "dropped", "dead", "waiting"):
        message(anna, state, old)
        message(anna, state, AT)
    assert housekeeping.tidy(at=AT).messages == 2
    assert set(Message.objects.filter(created_at=old).values_list("state", flat=True)) == {"dead", "waiting"}


def test_a_notice_whose_mail_was_thrown_away_is_not_mailed_again(anna: User) -> None:
    services.put(kind="silent", recipients=[anna], key="s", context={"days": 14}, at=AT)
    delivery.compose(at=AT)
    Message.objects.update(state="sent", sent_at=AT)
    later = AT + housekeeping.MESSAGES_KEPT + timedelta(days=1)
    assert housekeeping.tidy(at=later).messages == 1
    assert Notice.objects.get().message is None
    assert delivery.compose(at=later) == delivery.Composed()


def test_news_go_after_two_weeks(anna: User) -> None:
    for days in (1, 15):
        News.objects.create(kind="lead_won", key=f"{days}", created_at=AT - timedelta(days=days))
    assert housekeeping.tidy(at=AT).news == 1
    assert News.objects.get().key == "1"
