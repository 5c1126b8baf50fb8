"""Every address says who may open it: read from the URL configuration, not from a list that someone keeps."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.views.generic.base import RedirectView
from rest_framework.permissions import AllowAny
from rest_framework.views import APIView

from leadsync.accounts.access import PUBLIC
from leadsync.accounts.roles import Can

# What other people's code answers, and guards in its own way.
FOREIGN = ("allauth.", "drf_spectacular.")

# What anyone may open, signed in or not. A new entry needs a reason beside it.
OPEN_TO_ANYONE = {
    "counters",  # numbers of the frame: nothing for strangers
    "accounts:invitation",  # whoever holds the link
    "accounts:language",  # the sign-in page speaks three languages
    "accounts:theme",  # and has a dark side
    "notices:stop",  # the link in a mail: mail programs press it without signing in
    "notices:mute_by_mail",  # the same beside one notice
    "meetings:feed",  # a private calendar: programs that subscribe cannot sign in; the address is the key
    "intake:public",  # a form for visitors of the company's own site
    "intake:public_thanks",  # and what they read afterwards
    "intake:embed",  # the script that puts the form there
    "intake:receive",  # messages of other programs: each proves its sender by a signature or a key
}


def walk(
    patterns: list[Any], prefix: str = "", names: tuple[str, ...] = ()
) -> Iterator[tuple[str, str, Any]]:
    """Every address: where it is, what it is called, which view answers."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = (*names, pattern.namespace) if pattern.namespace else names
            yield from walk(pattern.url_patterns, prefix + str(pattern.pattern), inner)
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), ":".join((*names, pattern.name or "")), pattern.callback


def ours() -> list[tuple[str, str, Any]]:
    return [
        (route, name, view)
        for route, name, view in walk(get_resolver().url_patterns)
        if not view.__module__.startswith(FOREIGN)
        and not getattr(view, "view_class", type).__module__.startswith(FOREIGN)
        and getattr(view, "view_class", None) is not RedirectView
    ]


def api_class(view: Any) -> type[APIView] | None:
    found = getattr(view, "cls", None) or getattr(view, "view_class", None)
    return found if isinstance(found, type) and issubclass(found, APIView) else None


@pytest.mark.parametrize(("route", "name", "view"), [pytest.param(*row, id=row[0] or "/") for row in ours()])
def test_every_view_names_who_may_open_it(route: str, name: str, view: Any) -> None:
    api = api_class(view)
    if api is not None:
        assert api.permission_classes, f"{route}: an API view without permission classes"
        assert AllowAny not in api.permission_classes, f"{route}: open to anyone"
        return
    named = getattr(view, "required_permission", None)
    assert named is not None, f"{route}: say @requires(…), @signed_in or @public"
    if named == PUBLIC:
        assert name in OPEN_TO_ANYONE, f"{route}: public, and not on the list with a reason"
    else:
        assert all(isinstance(permission, Can) for permission in named)


def test_the_list_of_open_addresses_holds_nothing_that_is_gone() -> None:
    assert {name for _route, name, _view in ours()} >= OPEN_TO_ANYONE


def test_every_address_has_a_name_of_its_own() -> None:
    names = [name for _route, name, view in ours() if api_class(view) is None]
    assert all(names)
    assert len(names) == len(set(names))


def test_every_address_of_a_page_ends_with_a_slash() -> None:
    pages = [route for route, _name, view in ours() if route and api_class(view) is None]
    # A file to download ends with its kind.
    assert [route for route in pages if not route.endswith(("/", "/$", ".csv", ".xlsx", ".ics", ".js"))] == []
