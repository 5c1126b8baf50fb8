"""News of the company for its one channel: what happened, once, whoever was told of it in person.

`services.put` keeps them as they happen; what the sweep writes by itself is picked up from the notices. `compose` turns
what is new into one message of the outbox, and `send` brings it out through the guarded client.
"""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from leadsync.accounts.selectors import company
from leadsync.core import db, outgoing
from leadsync.core.models import Lock
from leadsync.notices import outbox, selectors
from leadsync.notices.kinds import Group, is_news, kinds_in, words_for
from leadsync.notices.models import Message, News, Notice, Webhook
from leadsync.notices.outbox import Sent

log = structlog.get_logger(__name__)

BATCH_TIME = timedelta(minutes=5)  # news wait for more of them, so that a busy hour is not a message a minute
SHOWN = 20  # lines in one message; the rest is counted
CARRIED = 5_000
# Transactions end in another order than their numbers: notices are looked at for so long, the key keeps news single.
LOOKED_BACK = timedelta(hours=1)
LOCK = "news"
RUN_SECONDS = 60.0
GONE = 410


# ---------------------------------------------------------------------------------------------- composing


def compose(*, at: datetime | None = None) -> int:
    """Write the message with what is new; 1 when there was something and its time has come.

    In working hours and not in quiet ones; what came later goes with the first run after 8:00 of a working day.
    """
    if not Webhook.objects.filter(pk=1, is_on=True).exists():
        return 0
    now = at or db.now()
    with db.exclusively(LOCK) as lock:
        if lock is None:
            return 0
        hook = selectors.webhook()
        if not hook.is_on or hook.on_since_at is None:
            return 0
        kinds = kinds_in(hook.groups)
        _pick_up(lock, hook.on_since_at, now)
        moment = selectors.moment(now)
        is_first_today = moment.is_morning_over and not moment.is_today(lock.ran_at)
        if not moment.is_open and not is_first_today:
            return 0
        if is_first_today:
            Lock.objects.filter(pk=lock.pk).update(ran_at=now)
        rows = list(selectors.news_to_tell(hook.on_since_at, kinds)[:CARRIED])
        if not rows or (rows[0].created_at > now - BATCH_TIME and not is_first_today):
            return 0
        message = Message.objects.create(
            channel=Message.Channel.WEBHOOK,
            key=f"webhook:{rows[0].pk}:{rows[-1].pk}",
            address=mask(hook.address),
            subject=_subject(len(rows), hook.language),
            body=json.dumps(_lines(rows, hook.language), ensure_ascii=False),
            created_at=now,
            next_try_at=now,
        )
        News.objects.filter(pk__in=db.among([row.pk for row in rows])).update(message=message)
    return 1


def _pick_up(lock: Lock, since: datetime, now: datetime) -> None:
    """What the sweep wrote straight into the notices: one piece of news a key, however many people were told.

    Of all groups, told or not, so that one that is chosen later begins with what happens then.
    """
    seen = int(lock.note or 0)
    is_known = Exists(News.objects.filter(key=OuterRef("key")))
    found = Notice.objects.filter(~is_known, pk__gt=seen, kind__in=kinds_in(Group), created_at__gte=since)
    rows = {
        key: News(kind=kind, key=key, context=context, url=url, created_at=created_at)
        for key, kind, context, url, created_at in found.order_by("pk").values_list(
            "key", "kind", "context", "url", "created_at"
        )
        if is_news(kind, context)
    }
    if rows:
        News.objects.bulk_create(list(rows.values()), batch_size=1_000, ignore_conflicts=True)
    # All before this notice is old enough to be committed.
    last = (
        Notice.objects.filter(pk__gt=seen, created_at__lt=now - LOOKED_BACK)
        .order_by("-pk")
        .values_list("pk", flat=True)
        .first()
    )
    if last is not None:
        Lock.objects.filter(pk=lock.pk).update(note=str(last))


def start_from_here() -> None:
    """What there is already is no news: called when the webhook is switched on."""
    with db.exclusively(LOCK, wait=True) as lock:
        assert lock is not None
        before = timezone.now() - LOOKED_BACK
        last = (
            Notice.objects.filter(created_at__lt=before).order_by("-pk").values_list("pk", flat=True).first()
        )
        Lock.objects.filter(pk=lock.pk).update(note=str(last or 0))


def pass_over(groups: Iterable[str], since: datetime) -> None:
    """What happened in these groups until now is not told: called when they are chosen besides others."""
    before = since - timedelta(seconds=1)
    News.objects.filter(message=None, kind__in=kinds_in(groups)).update(created_at=before)


def _subject(count: int, language: str) -> str:
    with translation.override(language):
        return ngettext("%(n)d piece of news", "%(n)d pieces of news", count) % {"n": count}


def _lines(rows: Sequence[News], language: str) -> dict[str, Any]:
    """What a message says: titles and links, nothing else of a lead and nothing of a person."""
    with translation.override(language), timezone.override(company().tz):
        lines = []
        for row in rows[:SHOWN]:
            words = words_for(row.kind, row.context)
            lines.append({"title": words.public or words.title, "url": settings.LEADSYNC_BASE_URL + row.url})
        more = len(rows) - len(lines)
        rest = ngettext("And %(n)d more", "And %(n)d more", more) % {"n": more} if more else ""
        return {"lines": lines, "rest": rest}


# ---------------------------------------------------------------------------------------------- what is sent


def mask(address: str) -> str:
    """The host, and that there is more: what may be shown of an address that works like a password."""
    host = outgoing.host_of(address)
    return f"https://{host}/•••" if host else ""


def _plain(text: str) -> str:
    """The text on one line, as every format takes it."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _slack_text(text: str) -> str:
    """Slack reads only these three as markup."""
    return _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack(content: Mapping[str, Any]) -> dict[str, Any]:
    lines = content["lines"]
    blocks: list[dict[str, Any]] = [
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": f"<{_slack_url(one['url'])}|{_slack_label(one['title'])}>",
            },
        }
        for one in lines
    ]
    if content["rest"]:
        blocks.append(
            {"type": "context", "elements": [{"type": "plain_text", "text": _plain(content["rest"])}]}
        )
    # The text is what notifications show.
    return {"text": "\n".join(_slack_text(one["title"]) for one in lines)[:3_000], "blocks": blocks}


def _slack_url(url: str) -> str:
    return _slack_text(url).replace("|", "%7C")


def _slack_label(text: str) -> str:
    """The name of a link. Asterisks and the like would be read as bold: a zero-width space takes their meaning."""
    label = _slack_text(text)[:500]
    for mark in "*_~`":
        label = label.replace(mark, f"\u200b{mark}\u200b")
    return label.replace("|", "¦")


_TEAMS_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_{}[]<>()#+-.!|~"})


def _teams(content: Mapping[str, Any]) -> dict[str, Any]:
    """An Adaptive Card, as the webhooks of Workflows take it. Its texts are Markdown: marks are made plain."""
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "wrap": True,
            "text": f"[{_plain(one['title'])[:500].translate(_TEAMS_MARKS)}]({_teams_url(one['url'])})",
        }
        for one in content["lines"]
    ]
    if content["rest"]:
        body.append({"type": "TextBlock", "isSubtle": True, "wrap": True, "text": _plain(content["rest"])})
    return {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": body,
                },
            }
        ],
    }


def _teams_url(url: str) -> str:
    return _plain(url).replace("(", "%28").replace(")", "%29").replace(" ", "%20")


_FORMATS = {Webhook.Format.SLACK.value: _slack, Webhook.Format.TEAMS.value: _teams}


def payload(format_name: str, content: Mapping[str, Any]) -> bytes:
    """The body of the call in Slack's or Teams' format."""
    return json.dumps(_FORMATS[format_name](content), ensure_ascii=False).encode()


def trial(language: str) -> dict[str, Any]:
    """What the button "Send a test" says."""
    with translation.override(language):
        return {
            "lines": [{"title": _("A test from LeadSync"), "url": f"{settings.LEADSYNC_BASE_URL}/"}],
            "rest": "",
        }


# ---------------------------------------------------------------------------------------------- sending


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call ended, in words without the address."""

    is_well: bool
    words: str
    is_gone: bool = False
    wait: timedelta | None = None


def call(hook: Webhook, content: Mapping[str, Any], key: str) -> Outcome:
    """One call of the webhook. Never raises: what went wrong is in the outcome."""
    try:
        answer = outgoing.post(
            hook.address,
            payload(hook.format, content),
            {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": key},
        )
    except outgoing.Unreachable as error:
        return Outcome(False, error.message)
    if answer.is_ok:
        return Outcome(True, _("Taken (%(status)d).") % {"status": answer.status})
    wait = timedelta(seconds=min(answer.retry_after, 6 * 3_600)) if answer.retry_after else None
    if answer.status == GONE:
        return Outcome(
            False,
            _("The address is gone (410): make a new one in Slack or Teams, and put it in here."),
            is_gone=True,
        )
    return Outcome(False, _("Not taken: status %(status)d.") % {"status": answer.status}, wait=wait)


def remember(outcome: Outcome, at: datetime) -> None:
    """Keep how the last call ended, for the settings page; an address that is gone is switched off."""
    values: dict[str, Any] = {"tried_at": at, "is_well": outcome.is_well, "result": outcome.words[:300]}
    if outcome.is_gone:
        values["is_on"] = False
    Webhook.objects.filter(pk=1).update(**values)


def send(*, at: datetime | None = None, limit: int = 50) -> Sent:
    """Bring out what is due, as the mails are: claimed in a transaction, sent outside of it, tried again after pauses."""
    result = Sent()
    started = time.monotonic()
    for _number in range(limit):
        if time.monotonic() - started > RUN_SECONDS:
            break
        hook = selectors.webhook()
        if not hook.is_on:
            break
        message = outbox.claim(Message.Channel.WEBHOOK, at or db.now())
        if message is None:
            break
        with translation.override(hook.language):
            outcome = call(hook, json.loads(message.body), message.key)
        now = at or db.now()
        remember(outcome, now)
        if outcome.is_well:
            result.sent += outbox.save_sent(message, now)
            continue
        outbox.save_failed(message, outcome.words, now, result, is_final=outcome.is_gone, wait=outcome.wait)
        break  # the others would fare alike: the next run tries again
    return result
