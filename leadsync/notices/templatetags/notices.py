"""Pieces of notices for the pages of other apps."""

from typing import Any

from django import template
from django.template.context import RequestContext

from leadsync.accounts.models import User
from leadsync.accounts.roles import Role
from leadsync.notices import selectors
from leadsync.notices.domain.threads import thread_of
from leadsync.notices.models import Message

register = template.Library()


def _person(context: RequestContext) -> User | None:
    person = getattr(context.get("request"), "user", None)
    return person if isinstance(person, User) else None


@register.inclusion_tag("notices/mute_button.html", takes_context=True)
def mute_button(context: RequestContext, url: str = "") -> dict[str, Any]:
    """A button that mutes the thread of this page, or lets one hear of it again: `{% mute_button url %}`.

    `url` is the address that notices about it have; without one, this page's. One query.
    """
    request, person = context.get("request"), _person(context)
    thread = thread_of(url or getattr(request, "path", ""))
    return {
        "thread": thread if person is not None else "",
        "is_muted": bool(thread and person is not None and selectors.is_muted(person, thread)),
        "next": getattr(request, "path", ""),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("notices/mail_choices.html", takes_context=True)
def mail_choices(context: RequestContext) -> dict[str, Any]:
    """The card of one's own settings that says which mails come. One query."""
    person = _person(context)
    if person is None:
        return {}
    wanted = selectors.wants(person)
    sorts = [Message.Sort.INSTANT, Message.Sort.MORNING, Message.Sort.MINUTES]
    if person.has_role(Role.DIRECTOR):
        sorts.append(Message.Sort.MONDAY)
    return {
        "sorts": [{"of": sort, "is_wanted": wanted[sort]} for sort in sorts],
        "next": f"{getattr(context.get('request'), 'path', '')}#mails",
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("notices/settings_tabs.html", takes_context=True)
def settings_tabs(context: RequestContext) -> dict[str, Any]:
    """The tabs of the settings that only administrators have here, with how many messages were given up. One query."""
    return {"tab": context.get("tab", ""), "dead": selectors.dead_count()}
