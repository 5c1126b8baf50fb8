"""Everything a person can do on a page, a program can do: pages that change something beside the API's operations.

A page that is new needs its operation here, or a reason why there is none.
"""

import inspect
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

FOREIGN = ("allauth.", "drf_spectacular.")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

# Page → operations that do the same, as method and path under /api/v1/.
SAME = {
    "campaigns:new": ["POST campaigns/"],
    "campaigns:edit": ["PATCH campaigns/{}/"],
    "campaigns:state": ["POST campaigns/{}/state/"],
    "campaigns:spend": ["POST campaigns/{}/spend/", "POST campaigns/{}/visits/"],
    "campaigns:spend_entry": ["PATCH spend/{}/", "DELETE spend/{}/"],
    "campaigns:visits_delete": ["DELETE visits/{}/"],
    "campaigns:channel_new": ["POST channels/"],
    "campaigns:channel": ["PATCH channels/{}/"],
    "campaigns:point_new": ["POST points/"],
    "campaigns:point": ["PATCH points/{}/"],
    "campaigns:proof": ["POST points/{}/proof/"],
    "campaigns:proof_take_back": ["DELETE proofs/{}/"],
    "campaigns:point_try": ["POST points/{}/try/"],
    "campaigns:point_access": ["POST points/{}/access/"],
    "campaigns:point_no_access": ["POST points/{}/no-access/"],
    "leads:log": ["POST leads/"],
    "leads:log_list": ["POST leads/"],
    "leads:hand_over": ["POST leads/hand-over/"],
    "leads:hand_back": ["POST leads/hand-back/"],
    "leads:put_off": ["POST leads/put-off/"],
    "leads:put_back": ["POST leads/put-back/"],
    "leads:save_view": ["POST views/"],
    "leads:delete_view": ["DELETE views/{}/"],
    "leads:lead_edit": ["PATCH leads/{}/"],
    "leads:lead_mark": ["POST leads/{}/mark/"],
    "leads:lead_take_back": ["DELETE leads/{}/mark/"],
    "leads:lead_call": ["POST leads/{}/activities/"],
    "leads:lead_tried": ["POST leads/{}/activities/"],
    "leads:lead_log": ["POST leads/{}/activities/"],
    "leads:lead_next_step": ["POST leads/{}/next-step/"],
    "leads:lead_note": ["POST leads/{}/notes/"],
    "leads:lead_consent": ["POST leads/{}/consents/"],
    "privacy:erase": ["POST personal-data/{}/erase/"],
    "privacy:erase_unlinked": ["POST personal-data/erase-unlinked/"],
    "privacy:periods": ["PUT periods/"],
    "leads:lead_answer": ["POST leads/{}/answers/"],
    "leads:lead_learn": ["POST leads/{}/learned/tags/", "POST leads/{}/learned/words/"],
    "leads:lead_give": ["POST leads/{}/handoff/"],
    "leads:lead_give_back": ["POST leads/{}/return/"],
    "leads:lead_win": ["POST leads/{}/win/"],
    "leads:lead_change_win": ["PATCH leads/{}/win/"],
    "leads:lead_take_win_back": ["DELETE leads/{}/win/"],
    "leads:lead_lose": ["POST leads/{}/lose/"],
    "leads:lead_reopen": ["POST leads/{}/reopen/"],
    "leads:call": ["POST leads/{}/activities/"],
    "leads:mark": ["POST leads/{}/mark/"],
    "leads:tried": ["POST leads/{}/activities/"],
    "leads:next_step": ["POST leads/{}/next-step/"],
    "leads:note": ["POST leads/{}/notes/"],
    "leads:answer": ["POST leads/{}/answers/"],
    "leads:learn": ["POST leads/{}/learned/tags/", "POST leads/{}/learned/words/"],
    "leads:give_back": ["POST leads/{}/return/"],
    "leads:revert": ["DELETE leads/{}/mark/"],
    "leads:definition_new": ["POST agreements/"],
    "leads:definition_edit": ["PATCH agreements/{}/"],
    "leads:definition_propose": ["POST agreements/{}/propose/"],
    "leads:definition_sign": ["POST agreements/{}/sign/"],
    "leads:definition_withdraw": ["POST agreements/{}/withdraw/"],
    "leads:definition_discard": ["DELETE agreements/{}/"],
    "leads:definition_back_test": ["POST back-tests/"],
    "intake:form_new": ["POST forms/"],
    "intake:form": ["PATCH forms/{}/"],
    "intake:form_switch": ["POST forms/{}/switch/"],
    "leads:words_add": ["POST reasons/", "POST tags/"],
    "leads:words_save": ["PATCH reasons/{}/", "PATCH tags/{}/"],
    "leads:words_act": [
        "POST reasons/{}/move/",
        "POST tags/{}/move/",
        "DELETE reasons/{}/",
        "DELETE tags/{}/",
    ],
    "leads:routing_rule_new": ["POST routing/rules/"],
    "leads:routing_rule": ["PATCH routing/rules/{}/"],
    "leads:routing_rule_move": ["POST routing/rules/{}/move/"],
    "leads:routing_rule_switch": ["PATCH routing/rules/{}/"],
    "leads:routing_rule_delete": ["DELETE routing/rules/{}/"],
    "leads:routing_group_new": ["POST routing/groups/"],
    "leads:routing_group": ["PATCH routing/groups/{}/"],
    "leads:routing_group_delete": ["DELETE routing/groups/{}/"],
    "feedback:ask": ["POST questions/"],
    "feedback:ask_piece": ["POST questions/piece/"],
    "feedback:fill": ["POST leads/{}/answers/", "POST leads/{}/learned/words/"],
    "feedback:reply": ["POST questions/{}/reply/"],
    "feedback:close": ["POST questions/{}/close/"],
    "feedback:reopen": ["POST questions/{}/reopen/"],
    "feedback:dispute_lead": ["POST disputes/"],
    "feedback:gate_decide": ["POST campaigns/{}/gate/decisions/"],
    "feedback:gate_sign": ["POST campaigns/{}/gate/decisions/{}/sign/"],
    "feedback:gate_withdraw": ["POST campaigns/{}/gate/decisions/{}/withdraw/"],
    "feedback:dispute_decide": ["POST disputes/{}/decide/"],
    "feedback:dispute_withdraw": ["POST disputes/{}/withdraw/"],
    "notices:alert_acknowledge": ["POST alerts/{}/acknowledge/", "POST alerts/{}/give-up/"],
    "start:put_aside": ["POST start/put-aside/", "DELETE start/put-aside/"],
    "notices:open": ["POST notices/read/"],
    "notices:read_all": ["POST notices/read/"],
    "notices:mute": ["POST notices/mute/"],
    "campaigns:review": ["POST reviews/{}/answers/", "POST reviews/{}/say/"],
    "feedback:market_write": ["POST market-notes/"],
    "feedback:market_edit": ["PUT market-notes/{}/"],
    "feedback:market_withdraw": ["POST market-notes/{}/withdraw/", "POST market-notes/{}/bring-back/"],
    "campaigns:idea_new": ["POST ideas/"],
    "campaigns:idea_edit": ["PUT ideas/{}/"],
    "campaigns:idea_vote": ["POST ideas/{}/vote/", "DELETE ideas/{}/vote/"],
    "campaigns:idea_withdraw": ["POST ideas/{}/withdraw/"],
    "campaigns:idea_decline": ["POST ideas/{}/decline/"],
    "campaigns:idea_reopen": ["POST ideas/{}/open-again/"],
    "campaigns:idea_draft": ["POST ideas/{}/campaign/"],
    "exchange:new": ["POST listening/"],
    "exchange:edit": ["PUT listening/{}/"],
    "exchange:delete": ["DELETE listening/{}/"],
    "exchange:book": ["POST bookings/"],
    "exchange:booking_agree": ["POST bookings/{}/agree/"],
    "exchange:booking_decline": ["POST bookings/{}/decline/"],
    "exchange:booking_move": ["POST bookings/{}/move/"],
    "exchange:booking_cancel": ["POST bookings/{}/cancel/"],
    "exchange:booking_write": ["POST bookings/{}/learned/"],
    "exchange:win_applaud": ["POST wins/{}/applause/", "DELETE wins/{}/applause/"],
    "meetings:hand_in": ["POST handed-in/"],
    "meetings:point_withdraw": ["POST handed-in/{}/withdraw/", "POST handed-in/{}/bring-back/"],
    "meetings:begin": ["POST agendas/{}/begin/", "POST agendas/{}/put-back/"],
    "meetings:pull_in": ["POST agendas/{}/pull-in/"],
    "meetings:present": ["POST agendas/{}/present/"],
    "meetings:decide": ["POST agendas/{}/decisions/"],
    "meetings:note": ["POST agendas/{}/notes/"],
    "meetings:settle": ["POST agendas/{}/settle/"],
    "meetings:end": ["POST agendas/{}/end/", "POST agendas/{}/go-on/"],
    "meetings:send": ["POST agendas/{}/minutes/"],
    "meetings:decision_edit": ["PUT decisions/{}/"],
    "meetings:decision_remove": ["DELETE decisions/{}/"],
    "meetings:decision_end": [
        "POST decisions/{}/done/",
        "POST decisions/{}/drop/",
        "POST decisions/{}/reopen/",
    ],
    "meetings:series_new": ["POST series/"],
    "meetings:series": ["PUT series/{}/"],
    "meetings:series_end": ["POST series/{}/end/"],
    "meetings:series_resume": ["POST series/{}/resume/"],
    "meetings:new": ["POST meetings/"],
    "meetings:move": ["POST meetings/{}/move/"],
    "meetings:cancel": ["POST meetings/{}/cancel/"],
    "meetings:bring_back": ["POST meetings/{}/bring-back/"],
    "meetings:people": ["PUT meetings/{}/people/"],
    "meetings:feed_renew": ["POST calendar/"],
    "hooks:new": ["POST webhooks/"],
    "hooks:endpoint": ["PATCH webhooks/{}/"],
    "hooks:delete": ["DELETE webhooks/{}/"],
    "hooks:renew": ["POST webhooks/{}/secret/"],
    "hooks:switch": ["POST webhooks/{}/switch/"],
    "hooks:test": ["POST webhooks/{}/test/"],
    "hooks:again": ["POST webhooks/{}/resend/"],
    "hooks:again_all": ["POST webhooks/{}/resend/"],
    "intake:source_new": ["POST sources/"],
    "intake:source": ["PATCH sources/{}/"],
    "intake:source_mapping": ["POST sources/{}/mapping/"],
    "intake:source_switch": ["POST sources/{}/switch/"],
    "intake:retry": ["POST messages/{}/try-again/"],
    "intake:retry_all": ["POST messages/try-again/"],
    "intake:drop": ["POST messages/{}/drop/"],
    "intake:bring_back": ["POST messages/{}/bring-back/"],
    "intake:take_after_all": ["POST messages/{}/take/"],
    "kpi:plan": ["PUT plans/{}/"],
    "kpi:plan_sign": ["POST plans/{}/sign/"],
    "leads:duplicates_dismiss": ["POST duplicates/{}/dismiss/"],
    "leads:duplicates_again": ["POST duplicates/{}/suggest/"],
    "leads:merge": ["POST merges/"],
    "leads:merge_undo": ["POST merges/{}/undo/"],
    "leads:import_columns": ["POST imports/{}/columns/"],
    "leads:import_reading": ["POST imports/{}/reading/"],
    "leads:import_cell": ["POST imports/{}/cells/"],
    "leads:import_save": ["POST imports/{}/save/"],
    "leads:import_cancel": ["POST imports/{}/cancel/"],
    "leads:import_undo": ["POST imports/{}/undo/"],
    "kpi:orders": ["PUT orders/{}/{}/"],
    "kpi:orders_why": ["POST orders/changes/{}/why/"],
    "accounts:absence_add": ["POST absences/"],
    "accounts:absence_remove": ["DELETE absences/{}/"],
    "accounts:token_revoke": ["DELETE tokens/{}/"],
}

VISITOR = "for visitors and other programs: it is a door of its own"
MAIL = "the link in a mail, pressed without signing in"
ENTRANCE = "how a person gets in"
OWN_SCREEN = "how one's own screen looks and which mails one gets"
LOST_TOKEN = "a token that got lost must not make people, roles, keys or other tokens"
SECRET = "a lost token must not learn or replace the secrets by which senders are known"
COMPANY = "set up once by an administrator; a lost token must not change where data goes or when promises run"

# Pages that have no operation on purpose, and those whose area brings its own and lists it above when it is there.
NOT_OVER_THE_API = {
    "intake:public": VISITOR,
    "intake:form_preview": "shows what is being typed, and saves nothing",
    "intake:receive": VISITOR,
    "notices:stop": MAIL,
    "notices:mute_by_mail": MAIL,
    "accounts:invitation": ENTRANCE,
    "accounts:language": OWN_SCREEN,
    "accounts:theme": OWN_SCREEN,
    "accounts:me": OWN_SCREEN,
    "accounts:sign_out_elsewhere": ENTRANCE,
    "notices:choose": OWN_SCREEN,
    "accounts:tokens": LOST_TOKEN,
    "accounts:invite": LOST_TOKEN,
    "accounts:invitation_resend": LOST_TOKEN,
    "accounts:invitation_revoke": LOST_TOKEN,
    "accounts:person": LOST_TOKEN,
    "accounts:person_roles": LOST_TOKEN,
    "accounts:person_switch": LOST_TOKEN,
    "accounts:person_hours": COMPANY,
    "leads:routing_rep": COMPANY,
    "accounts:company": COMPANY,
    "accounts:hours": COMPANY,
    "accounts:own_day_add": COMPANY,
    "accounts:own_day_remove": COMPANY,
    "intake:source_credentials": SECRET,
    "intake:source_renew": SECRET,
    "hooks:drop": "a delivery is dropped where its words can be read, in the log",
    "notices:webhook": COMPANY,
    "notices:webhook_test": COMPANY,
    "notices:webhook_forget": COMPANY,
    "notices:outbox_retry": COMPANY,
    "notices:outbox_retry_all": COMPANY,
    "notices:outbox_drop": COMPANY,
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


def methods(view: Any) -> set[str]:
    """What a page takes: as `require_http_methods` was told."""
    while view is not None:
        if inspect.isfunction(view):
            told = inspect.getclosurevars(view).nonlocals.get("request_method_list")
            if told is not None:
                return set(told)
        view = getattr(view, "__wrapped__", None)
    return set()


def pages() -> set[str]:
    """Names of all pages of ours that change something."""
    return {
        name
        for _route, name, view in walk(get_resolver().url_patterns)
        if not view.__module__.startswith(FOREIGN) and not name.startswith("api:") and methods(view) & UNSAFE
    }


def operations() -> set[str]:
    """All operations of the API that change something, as `POST leads/{}/mark/`."""
    found = set()
    for route, name, view in walk(get_resolver().url_patterns):
        if not name.startswith("api:"):
            continue
        path = route.removeprefix("api/v1/").removeprefix("^").removesuffix("$").replace("\\Z", "")
        path = "/".join("{}" if part.startswith(("(?P<", "<")) else part for part in path.split("/"))
        methods_of = getattr(view, "cls", object)
        for method in getattr(view, "actions", None) or [
            one for one in UNSAFE if hasattr(methods_of, one.lower())
        ]:
            if method.upper() in UNSAFE:
                found.add(f"{method.upper()} {path}")
    return found


def test_every_action_of_a_page_is_an_operation_of_the_api_or_has_a_reason_not_to_be() -> None:
    unknown = pages() - SAME.keys() - NOT_OVER_THE_API.keys()
    assert unknown == set(), "add the operation to SAME, or a reason to NOT_OVER_THE_API"


def test_the_operations_that_pages_are_compared_with_are_there() -> None:
    wanted = {operation for found in SAME.values() for operation in found}
    assert wanted - operations() == set()


def test_the_lists_hold_no_page_that_is_gone() -> None:
    assert (SAME.keys() | NOT_OVER_THE_API.keys()) - pages() == set()
