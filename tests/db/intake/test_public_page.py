"""The public page: what visitors see in which language, what becomes of what they send, and what is refused how."""

import json
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from campaigns.models import Campaign
from leads.models import Answer, Arrival, Consent, Handoff, Lead
from leadsync.intake.forms.public import CONSENT, SLIP, TRAP
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.services import forms, pages
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.intake import ENGLISH, hosted_form, plan
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def company() -> None:
    CompanyFactory()


def url(form: LeadForm, **query: str) -> str:
    return reverse("intake:public", args=[form.key], query=query or None)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def slip(
    form: LeadForm, *, age: timedelta = timedelta(minutes=1), consent: str = ENGLISH.consent, **marks: str
) -> str:
    """The sealed slip of a page shown a while ago."""
    return pages.sealed(pages.new_page(consent=consent, marks=marks, now=timezone.now() - age), form)


def typed(form: LeadForm, **data: str | None) -> dict[str, str]:
    """What a visitor sends; None takes a field away."""
    full: dict[str, str | None] = {
        "name": "Ewa Maj",
        "email": "ewa@firma.example",
        CONSENT: "on",
        SLIP: slip(form),
        TRAP: "",
    }
    return {name: value for name, value in (full | data).items() if value is not None}


def nothing_came() -> bool:
    return not Lead.objects.exists() and not Payload.objects.exists()


# ------------------------------------------------------------------------------------------ reading


def test_a_stranger_reads_the_form_in_the_language_of_their_browser(client: Client) -> None:
    form = hosted_form()
    english = client.get(url(form), headers={"accept-language": "de-DE,de;q=0.9,en;q=0.5"})
    assert english.status_code == 200
    assert "Talk to us" in text(english)
    polish = client.get(url(form), headers={"accept-language": "pl-PL,pl;q=0.9,en;q=0.5"})
    assert "Porozmawiajmy" in text(polish)
    assert "Imię i nazwisko" in text(polish)
    assert polish["Content-Language"] == "pl"
    assert 'lang="pl"' in text(polish)
    assert "Accept-Language" in polish["Vary"]


def test_the_address_says_another_language_and_a_switch_leads_there(client: Client) -> None:
    form = hosted_form()
    shown = client.get(url(form, lang="pl", utm_source="fair"), headers={"accept-language": "en"})
    assert "Porozmawiajmy" in text(shown)
    assert "?lang=en&amp;utm_source=fair" in text(shown)
    assert "Talk to us" in text(client.get(url(form, lang="xx")))


def test_a_language_that_is_not_offered_falls_back_to_the_forms_own(client: Client) -> None:
    form = hosted_form(language="pl")
    assert "Porozmawiajmy" in text(client.get(url(form), headers={"accept-language": "fr"}))


def test_it_is_made_for_people_who_type_on_anything(client: Client) -> None:
    shown = text(client.get(url(hosted_form("name!", "email!", "phone", "company", "country"))))
    assert shown.count("<h1") == 1
    for attribute in (
        'autocomplete="name"',
        'autocomplete="email"',
        'autocomplete="tel"',
        'autocomplete="organization"',
        'autocomplete="country"',
        'type="email"',
        'inputmode="email"',
        'type="tel"',
    ):
        assert attribute in shown
    assert "optional" in shown
    assert "<script" not in shown


def test_criteria_are_asked_in_the_way_that_fits_them(client: Client) -> None:
    agreement_in_force(
        criteria=[
            {"key": "budget", "question": "Budget?", "kind": "number", "threshold": "1000"},
            {"key": "decides", "question": "Do you decide?"},
            {"key": "branch", "question": "Branch?", "kind": "choice", "choices": ["Food", "Retail"]},
        ]
    )
    texts = ENGLISH.__class__(
        **{name: getattr(ENGLISH, name) for name in ("title", "button", "consent", "thanks")},
        choices={"answer:branch": {"Food": "Groceries"}},
    )
    form = hosted_form(
        "name!", "email!", "answer:budget", "answer:decides", "answer:branch", texts={"en": texts}
    )
    shown = text(client.get(url(form)))
    assert "Budget?" in shown
    assert 'inputmode="decimal"' in shown
    assert '<input type="radio" name="answer-decides" value="yes"' in shown
    assert '<option value="Food">Groceries</option>' in shown
    assert '<option value="Retail">Retail</option>' in shown
    assert "Something else" in shown


def test_consent_names_the_privacy_policy(client: Client) -> None:
    CompanyFactory(privacy_url="https://firma.example/privacy")
    shown = text(client.get(url(hosted_form())))
    assert 'href="https://firma.example/privacy"' in shown
    assert "I agree that you call me." in shown


def test_no_cookie_is_set_and_no_cache_in_between_keeps_it(client: Client) -> None:
    shown = client.get(url(hosted_form()))
    assert not shown.cookies
    assert "private" in shown["Cache-Control"]
    assert "no-store" not in shown["Cache-Control"]  # "back" shows the page that was sent


def test_nothing_of_who_is_signed_in_shows(client: Client) -> None:
    form = hosted_form()
    client.force_login(person("marketer", name="Marta Secret", language="ru"))
    shown = client.get(url(form), headers={"accept-language": "pl"})
    assert "Marta" not in text(shown)
    assert "Porozmawiajmy" in text(shown)


# ------------------------------------------------------------------------------------------ who may frame it


def test_it_is_framed_by_the_sites_of_the_form_only(client: Client) -> None:
    form = hosted_form(origins=("https://www.firma.example", "http://localhost:9000"))
    shown = client.get(url(form))
    policy = shown["Content-Security-Policy"]
    assert "frame-ancestors https://www.firma.example http://localhost:9000" in policy
    assert "X-Frame-Options" not in shown
    thanks = client.get(reverse("intake:public_thanks", args=[form.key]))
    assert "frame-ancestors https://www.firma.example" in thanks["Content-Security-Policy"]


def test_without_sites_nobody_frames_it(client: Client) -> None:
    shown = client.get(url(hosted_form()))
    assert "frame-ancestors 'none'" in shown["Content-Security-Policy"]
    assert shown["X-Frame-Options"] == "DENY"
    assert client.get(reverse("account_login"))["X-Frame-Options"] == "DENY"


def test_the_script_for_other_sites_is_kept_by_browsers(client: Client) -> None:
    first = client.get(reverse("intake:embed"))
    assert first.status_code == 200
    assert first["Content-Type"].startswith("text/javascript")
    assert "max-age=3600" in first["Cache-Control"]
    assert len(first.content) < 4096
    again = client.get(reverse("intake:embed"), headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304


# ------------------------------------------------------------------------------------------ sending


def test_what_is_sent_becomes_a_lead_with_its_consent(client: Client) -> None:
    form = hosted_form()
    sent = client.post(
        url(form, lang="en"),
        typed(
            form,
            need="Boxes\r\nmany",
            **{SLIP: slip(form, utm_source="fair", page="https://firma.example/x")},
        ),
    )
    assert sent.status_code == 303
    assert sent["Location"] == reverse("intake:public_thanks", args=[form.key]) + "?lang=en"
    lead = Lead.objects.get()
    assert (lead.name, lead.email, lead.need, lead.language) == (
        "Ewa Maj",
        "ewa@firma.example",
        "Boxes\nmany",
        "en",
    )
    arrival = Arrival.objects.get()
    assert (arrival.door, arrival.by, arrival.campaign) == ("form", None, form.campaign)
    assert arrival.payload["marks"] == {"utm_source": "fair", "page": "https://firma.example/x"}
    consent = Consent.objects.get()
    assert (consent.text, consent.door, consent.is_given) == (ENGLISH.consent, "form", True)
    assert consent.place == selectors.address_of(form)
    payload = Payload.objects.get()
    assert (payload.state, payload.lead, payload.arrival) == ("taken", lead, arrival)
    assert json.loads(payload.body)["fields"]["name"] == "Ewa Maj"
    assert "Thank you, we will call." in text(client.get(sent["Location"]))


def test_consent_is_kept_word_by_word_with_the_policy_it_names(client: Client) -> None:
    CompanyFactory(privacy_url="https://firma.example/privacy")
    form = hosted_form()
    said = f"{ENGLISH.consent}\nPrivacy policy: https://firma.example/privacy"
    assert client.post(url(form), typed(form, **{SLIP: slip(form, consent=said)})).status_code == 303
    assert Consent.objects.get().text == said


def test_the_lead_goes_to_a_rep_with_the_clock_running(client: Client) -> None:
    rep = person("rep")
    form = hosted_form()
    client.post(url(form), typed(form))
    assert Handoff.objects.get().rep == rep


def test_criteria_answered_are_answers_of_the_lead(client: Client) -> None:
    agreement_in_force(
        criteria=[
            {"key": "budget", "question": "Budget?", "kind": "number", "threshold": "1000"},
            {"key": "decides", "question": "Do you decide?"},
            {"key": "branch", "question": "Branch?", "kind": "choice", "choices": ["Food"]},
        ]
    )
    form = hosted_form("name!", "email!", "answer:budget", "answer:decides", "answer:branch")
    data = {"answer-budget": "3,500", "answer-decides": "no", "answer-branch": "other"}
    assert client.post(url(form), typed(form, **data)).status_code == 303
    found = {one.key: (one.value, one.source) for one in Answer.objects.all()}
    assert found == {"budget": ("3500", "form"), "decides": (False, "form"), "branch": ("other", "form")}


def test_a_wish_to_be_called_is_in_the_companys_time(client: Client) -> None:
    form = hosted_form("name!", "phone!", "wanted_at")
    at = (timezone.now() + timedelta(days=3)).astimezone(ZoneInfo("Europe/Warsaw"))
    wanted = at.replace(hour=14, minute=30, second=0, microsecond=0)
    assert "Europe/Warsaw" in text(client.get(url(form)))
    data = typed(form, phone="600 100 200", wanted_at=f"{wanted:%Y-%m-%dT%H:%M}", email="")
    assert client.post(url(form), data).status_code == 303
    lead = Lead.objects.get()
    assert (lead.wanted_at, lead.phone) == (wanted, "+48600100200")


@pytest.mark.parametrize(
    "said", ["2020-01-01T10:00", "9999-12-31T23:59", "0001-01-01T00:00", "soon", "2199-01-01T10:00"]
)
def test_a_wish_that_cannot_be_met_is_said_at_its_field(client: Client, said: str) -> None:
    form = hosted_form("name!", "phone!", "wanted_at")
    answer = client.post(url(form), typed(form, phone="600100200", wanted_at=said))
    assert answer.status_code == 422
    assert 'href="#id_wanted_at"' in text(answer)
    assert nothing_came()


def test_everything_wrong_is_said_at_once_and_everything_typed_stays(client: Client) -> None:
    form = hosted_form("name!", "email!", "phone", "need")
    answer = client.post(
        url(form),
        typed(
            form, name="", email="no address", phone="call me", need="Many <b>boxes</b>", **{CONSENT: None}
        ),
    )
    shown = text(answer)
    assert answer.status_code == 422
    assert "<title>Error: " in shown
    for name in ("name", "email", "phone", CONSENT):
        assert f'href="#id_{name}"' in shown
    assert 'value="no address"' in shown
    assert "Many &lt;b&gt;boxes&lt;/b&gt;" in shown
    assert nothing_came()


def test_one_way_to_be_reached_is_enough_and_one_is_needed(client: Client) -> None:
    form = hosted_form("name", "company", "email", "phone")
    none = client.post(url(form), typed(form, name="", email=""))
    assert none.status_code == 422
    assert "Write your name or your company." in text(none)
    assert "Leave an e-mail address or a phone number" in text(none)
    assert nothing_came()
    assert (
        client.post(url(form), typed(form, name="", company="Firma", email="", phone="600100200")).status_code
        == 303
    )


@pytest.mark.parametrize(
    "value",
    ["x" * 30_000, "a\x00b", "\u202eevil", "1e400", "{{7*7}}", "=cmd()", "😀", "\x1b[31m", "<script>"],
)
def test_whatever_is_typed_is_taken_or_refused_with_words(client: Client, value: str) -> None:
    form = hosted_form("name!", "email!", "phone", "company", "need", "city")
    for name in ("name", "email", "phone", "company", "need", "city"):
        answer = client.post(url(form), typed(form, **{name: value}), REMOTE_ADDR=f"10.0.0.{len(name)}")
        assert answer.status_code in {303, 422}


def test_numbers_that_are_none_are_refused_at_their_field(client: Client) -> None:
    agreement_in_force(
        criteria=[{"key": "budget", "question": "Budget?", "kind": "number", "threshold": "1"}]
    )
    form = hosted_form("name!", "email!", "answer:budget")
    for said in ("1e400", "many", "NaN", "9" * 60):
        answer = client.post(url(form), typed(form, **{"answer-budget": said}))
        assert answer.status_code == 422
        assert 'href="#id_answer-budget"' in text(answer)
    assert nothing_came()


def test_a_body_far_too_large_is_refused_before_it_is_read(client: Client) -> None:
    form = hosted_form()
    assert client.post(url(form), typed(form, need="x" * 300_000)).status_code == 413
    assert nothing_came()


def test_optional_consent_may_be_left_open(client: Client) -> None:
    form = hosted_form(needs_consent=False)
    assert client.post(url(form), typed(form, **{CONSENT: None})).status_code == 303
    assert Lead.objects.count() == 1
    assert not Consent.objects.exists()


def test_consent_to_words_that_changed_meanwhile_is_asked_again(client: Client) -> None:
    form = hosted_form()
    answer = client.post(url(form), typed(form, **{SLIP: slip(form, consent="Something else.")}))
    assert answer.status_code == 422
    assert "has changed meanwhile" in text(answer)
    assert 'name="consent" checked' not in text(answer)
    assert nothing_came()


# ------------------------------------------------------------------------------------------ sent twice


def test_the_same_page_sent_twice_is_one_lead_and_one_arrival(client: Client) -> None:
    form = hosted_form()
    data = typed(form)
    for _time in range(3):
        assert client.post(url(form), data).status_code == 303
    assert (Lead.objects.count(), Arrival.objects.count(), Payload.objects.count()) == (1, 1, 1)
    assert Consent.objects.count() == 1


def test_who_goes_back_and_corrects_something_is_not_passed_over(client: Client) -> None:
    form = hosted_form()
    data = typed(form)
    client.post(url(form), data)
    client.post(url(form), data | {"need": "And one more thing"})
    assert (Lead.objects.count(), Arrival.objects.count()) == (1, 2)


def test_a_page_with_errors_keeps_its_number(client: Client) -> None:
    form = hosted_form()
    data = typed(form)
    wrong = client.post(url(form), data | {"email": "no"})
    page = pages.opened(data[SLIP], form)
    assert page is not None
    shown = wrong.content.decode().partition(f'name="{SLIP}" value="')[2].partition('"')[0]
    again = pages.opened(shown, form)
    assert again is not None
    assert (again.number, again.consent) == (page.number, page.consent)


# ------------------------------------------------------------------------------------------ robots


def test_a_message_with_the_hidden_field_filled_looks_sent_and_is_no_lead(client: Client) -> None:
    form = hosted_form()
    good = client.post(url(form, lang="en"), typed(form))
    caught = client.post(url(form, lang="en"), typed(form, email="bot@x.example", **{TRAP: "http://spam"}))
    assert (caught.status_code, caught["Location"]) == (good.status_code, good["Location"])
    assert Lead.objects.count() == 1
    kept = Payload.objects.get(state=Payload.State.SPAM)
    assert kept.reason == {"code": "trap"}
    assert json.loads(kept.body)["fields"]["email"] == "bot@x.example"


def test_a_message_faster_than_anybody_types_is_kept_aside(client: Client) -> None:
    form = hosted_form()
    assert client.post(url(form), typed(form, **{SLIP: slip(form, age=timedelta(0))})).status_code == 303
    assert not Lead.objects.exists()
    assert Payload.objects.get().reason == {"code": "too_fast"}


def test_the_hidden_field_is_hidden_from_people_and_their_tools(client: Client) -> None:
    shown = text(client.get(url(hosted_form())))
    trap = shown.partition('class="trap"')[2].partition("</div>")[0]
    assert 'aria-hidden="true"' in shown
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap


@pytest.mark.parametrize("given", ["", "forged", "a:b:c", "x" * 9000])
def test_a_page_without_its_slip_is_shown_once_more_with_everything_typed(client: Client, given: str) -> None:
    form = hosted_form()
    answer = client.post(url(form), typed(form, **{SLIP: given}))
    assert answer.status_code == 422
    assert 'value="ewa@firma.example"' in text(answer)
    assert "send it once more" in text(answer)
    assert nothing_came()


def test_a_page_open_for_days_is_shown_once_more(client: Client) -> None:
    form = hosted_form()
    old = client.post(url(form), typed(form, **{SLIP: slip(form, age=timedelta(days=2))}))
    assert old.status_code == 422
    assert nothing_came()


def test_a_slip_of_one_form_opens_no_other(client: Client) -> None:
    one, other = hosted_form(), hosted_form()
    assert client.post(url(other), typed(other, **{SLIP: slip(one)})).status_code == 422
    assert nothing_came()


def test_forging_a_message_from_another_site_gains_nothing() -> None:
    """No cookie is asked for, so none can be abused: what comes in is a stranger's message, whoever is signed in."""
    strict = Client(enforce_csrf_checks=True)
    colleague = person("head_of_sales")
    strict.force_login(colleague)
    form = hosted_form()
    sent = strict.post(url(form), typed(form), headers={"origin": "https://evil.example"})
    assert sent.status_code == 303
    assert not sent.cookies
    assert Arrival.objects.get().by is None
    assert Lead.objects.get().logged_by is None
    # The same message without any cookie has the same effect.
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(url(form), typed(form, email="b@firma.example")).status_code == 303


def test_too_many_from_one_address_wait_and_keep_what_they_wrote(client: Client, settings: Settings) -> None:
    settings.FORM_RATE = 2
    form = hosted_form()
    for n in range(2):
        assert client.post(url(form), typed(form, email=f"a{n}@firma.example")).status_code == 303
    answer = client.post(url(form), typed(form, email="late@firma.example"))
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 600
    assert 'value="late@firma.example"' in text(answer)
    assert Lead.objects.count() == 2
    elsewhere = client.post(url(form), typed(form, email="late@firma.example"), REMOTE_ADDR="10.9.8.7")
    assert elsewhere.status_code == 303


def test_a_form_takes_only_so_many_from_everywhere(client: Client, settings: Settings) -> None:
    settings.FORM_RATE_ALL = 1
    form, other = hosted_form(), hosted_form()
    assert client.post(url(form), typed(form), REMOTE_ADDR="10.0.0.1").status_code == 303
    assert client.post(url(form), typed(form), REMOTE_ADDR="10.0.0.2").status_code == 429
    assert client.post(url(other), typed(other), REMOTE_ADDR="10.0.0.2").status_code == 303


def test_behind_a_proxy_the_address_is_the_one_it_added(client: Client, settings: Settings) -> None:
    settings.FORM_RATE, settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1, 1
    form = hosted_form()

    def post(forwarded: str) -> int:
        data = typed(form, email=f"{len(forwarded)}@firma.example")
        return client.post(url(form), data, headers={"x-forwarded-for": forwarded}).status_code

    assert post("203.0.113.1") == 303
    assert post("198.51.100.7, 203.0.113.1") == 429  # what the visitor claims before it does not help
    assert post("203.0.113.2") == 303


# ------------------------------------------------------------------------------------------ closed


def test_an_address_that_never_was_says_so(client: Client) -> None:
    answer = client.get("/f/nothing-here/")
    assert answer.status_code == 404
    assert "There is no form here" in text(answer)


@pytest.mark.parametrize("state", [one for one in Campaign.State.values if one != "live"])
def test_a_form_of_a_campaign_that_is_not_live_is_closed(client: Client, state: str) -> None:
    form = hosted_form(campaign=campaign(state=state))
    for method in (client.get, client.post):
        answer = method(url(form))
        assert answer.status_code == 410
        assert "This form is closed" in text(answer)
        assert answer["Cache-Control"] == "no-store"
    assert nothing_came()


def test_who_was_typing_when_the_form_closed_is_still_heard(client: Client) -> None:
    form = hosted_form()
    fresh, old = slip(form), slip(form, age=timedelta(hours=2))
    forms.switch(form=form, is_open=False, by=person("marketer"))
    assert client.get(url(form)).status_code == 410
    assert client.post(url(form), typed(form, **{SLIP: old})).status_code == 410
    assert client.post(url(form), typed(form, **{SLIP: fresh})).status_code == 303
    assert Lead.objects.count() == 1


def test_a_question_gone_from_the_agreement_is_not_asked(client: Client) -> None:
    agreement_in_force(
        criteria=[{"key": "budget", "question": "Budget?", "kind": "number", "threshold": "1"}]
    )
    form = hosted_form("name!", "email!", "answer:budget!")
    agreement_in_force(criteria=[{"key": "size", "question": "Size?"}])
    assert "budget" not in text(client.get(url(form)))
    assert client.post(url(form), typed(form)).status_code == 303


# ------------------------------------------------------------------------------------------ afterwards


def test_visitors_go_on_to_the_page_that_marketing_chose(client: Client) -> None:
    form = hosted_form(thanks_url="https://www.firma.example/thanks?from=form")
    sent = client.post(url(form), typed(form))
    assert sent["Location"] == "https://www.firma.example/thanks?from=form"
    policy = client.get(url(form))["Content-Security-Policy"]
    assert "form-action 'self' https://www.firma.example" in policy


def test_in_a_frame_thanks_stay_in_the_frame(client: Client) -> None:
    form = hosted_form(thanks_url="https://www.firma.example/thanks", origins=("https://www.firma.example",))
    sent = client.post(url(form, embed="1"), typed(form))
    assert sent["Location"].startswith(reverse("intake:public_thanks", args=[form.key]))
    shown = text(client.get(sent["Location"]))
    assert 'target="_top"' in shown
    assert "https://www.firma.example/thanks" in shown


def test_no_parameter_of_the_address_leads_elsewhere(client: Client) -> None:
    form = hosted_form()
    sent = client.post(url(form, next="https://evil.example", thanks_url="https://evil.example"), typed(form))
    assert "evil" not in sent["Location"]


def test_the_page_around_a_frame_is_kept_without_who_looked_at_it(client: Client) -> None:
    form = hosted_form(origins=("https://firma.example",))
    shown = client.get(
        url(
            form,
            embed="1",
            **{"from": "https://firma.example/offer?email=ewa@x.example#me", "utm_medium": "cpc"},
        )
    )
    given = shown.content.decode().partition(f'name="{SLIP}" value="')[2].partition('"')[0]
    page = pages.opened(given, form)
    assert page is not None
    assert page.marks == {"page": "https://firma.example/offer", "utm_medium": "cpc"}
    assert "Set-Cookie" not in shown


def test_plans_with_odd_texts_in_the_database_still_show(client: Client) -> None:
    form = hosted_form()
    LeadForm.objects.filter(pk=form.pk).update(
        texts={"en": {"title": 5}, "pl": "no"}, fields=[{}, "x", {"field": "zip"}]
    )
    assert client.get(url(form)).status_code == 200
    assert plan().language == "en"
