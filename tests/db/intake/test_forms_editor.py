"""Making hosted forms: the list, the editor, what it refuses, opening and closing, the preview."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign
from leadsync.accounts.models import User
from leadsync.core.errors import Conflict, Invalid, NotAllowed
from leadsync.intake.domain.hosted import Texts
from leadsync.intake.models import LeadForm, Payload
from leadsync.intake.selectors import forms as selectors
from leadsync.intake.services import forms
from tests.factories.accounts import CompanyFactory, person
from tests.factories.campaigns import campaign
from tests.factories.intake import ENGLISH, hosted_form, plan
from tests.factories.leads import agreement_in_force

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta(client: Client) -> User:
    CompanyFactory()
    found = person("marketer", name="Marta Zielińska")
    client.force_login(found)
    return found


@pytest.fixture
def fair() -> Campaign:
    return campaign(name="Autumn fair")


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def typed(**data: Any) -> dict[str, Any]:
    """What the editor of a new form sends, in English only."""
    return {
        "name": "Fair",
        "order": "name,email,phone,need",
        "use_name": "on",
        "need_name": "on",
        "use_email": "on",
        "languages": ["en"],
        "language": "en",
        "title_en": "Visit us",
        "button_en": "Send",
        "consent_en": "I agree.",
        "thanks_en": "Thanks.",
        "needs_consent": "on",
        "origins": "",
        "thanks_url": "",
    } | data


def made(client: Client, of: Campaign, **data: Any) -> LeadForm:
    answer = client.post(reverse("intake:form_new", args=[of.pk]), typed(**data))
    assert answer.status_code == 302, text(answer)
    return LeadForm.objects.latest("pk")


# ------------------------------------------------------------------------------------------ making


def test_a_new_form_begins_with_words_in_every_language(client: Client, marta: User, fair: Campaign) -> None:
    shown = text(client.get(reverse("intake:form_new", args=[fair.pk])))
    assert 'value="Autumn fair"' in shown
    for code in ("en", "pl", "ru"):
        assert f'name="title_{code}"' in shown
        assert f'name="consent_{code}"' in shown
    assert "Baltic Boxes keeps what I have written here" in shown


def test_saving_makes_a_closed_form_with_an_address_nobody_guesses(
    client: Client, marta: User, fair: Campaign
) -> None:
    form = made(
        client,
        fair,
        use_phone="on",
        order="phone,name,email",
        label_en_name="Who are you?",
        origins="www.firma.example\nhttps://Firma.example/offer\n",
        thanks_url="https://firma.example/thanks",
    )
    assert (form.is_open, form.campaign, form.created_by, form.changed_by) == (False, fair, marta, marta)
    assert len(form.key) >= 12
    assert form.fields == [
        {"field": "phone", "is_required": False},
        {"field": "name", "is_required": True},
        {"field": "email", "is_required": False},
    ]
    assert form.texts["en"]["title"] == "Visit us"
    assert form.texts["en"]["labels"] == {"name": "Who are you?"}
    assert set(form.texts) == {"en"}
    assert form.origins == ["https://www.firma.example", "https://firma.example"]
    assert client.get(reverse("intake:public", args=[form.key])).status_code == 410


def test_everything_wrong_is_said_in_one_round_and_what_was_typed_stays(
    client: Client, marta: User, fair: Campaign
) -> None:
    answer = client.post(
        reverse("intake:form_new", args=[fair.pk]),
        typed(
            name="",
            use_name="",
            use_email="",
            use_need="on",
            title_en="",
            origins="not a site",
            thanks_url="http://firma.example",
            language="pl",
            button_en="Press this",
        ),
    )
    shown = text(answer)
    assert answer.status_code == 422
    for said in (
        "A name is needed.",
        "Ask for the name or the company",
        "Ask for the e-mail or the phone",
        "“not a site” is not a site",
        "It begins with https://",
        "Choose one of the languages of the form.",
        'href="#id_title_en"',
        'href="#id_thanks_url"',
    ):
        assert said in shown
    assert 'value="Press this"' in shown
    assert not LeadForm.objects.exists()


@pytest.mark.parametrize(
    "value", ["a\x00b", "x" * 70_000, "\u202e", "<script>alert(1)</script>", "{{ 7|add:7 }}"]
)
def test_whatever_is_typed_is_saved_or_refused_with_words(
    client: Client, marta: User, fair: Campaign, value: str
) -> None:
    for name in (
        "name",
        "title_en",
        "consent_en",
        "origins",
        "thanks_url",
        "order",
        "language",
        "label_en_name",
    ):
        answer = client.post(reverse("intake:form_new", args=[fair.pk]), typed(**{name: value}))
        assert answer.status_code in {302, 422}
        assert "<script>alert(1)" not in answer.content.decode()


def test_only_https_pages_and_whole_sites_are_taken() -> None:
    by = person("marketer")
    for bad in (
        "javascript:alert(1)",
        "http://a.example",
        "//a.example",
        "https://u:p@a.example",
        "https://",
        "https:\\\\a",
    ):
        with pytest.raises(Invalid):
            forms.create(campaign=campaign(), plan=plan(thanks_url=bad), by=by)
    for bad in (
        "*",
        "'self'",
        "https://*.example.com",
        "http://a.example",
        "ftp://a.example",
        "a",
        "data:x",
        "https://a.example; script-src *",
    ):
        with pytest.raises(Invalid):
            forms.create(campaign=campaign(), plan=plan(origins=(bad,)), by=by)
    assert not LeadForm.objects.exists()


def test_fields_change_places_without_a_script_and_nothing_is_saved(
    client: Client, marta: User, fair: Campaign
) -> None:
    answer = client.post(
        reverse("intake:form_new", args=[fair.pk]), typed(move="up:email", title_en="Half-typed", name="")
    )
    shown = text(answer)
    assert answer.status_code == 200
    assert shown.index('id="field-email"') < shown.index('id="field-name"')
    assert 'value="Half-typed"' in shown
    assert "data-errors" not in shown
    assert not LeadForm.objects.exists()
    assert (
        client.post(reverse("intake:form_new", args=[fair.pk]), typed(move="sideways:x")).status_code == 200
    )


def test_questions_of_the_agreement_can_be_asked_with_words_of_ones_own(
    client: Client, marta: User, fair: Campaign
) -> None:
    agreement_in_force(
        criteria=[{"key": "branch", "question": "Branch?", "kind": "choice", "choices": ["Food", "Retail"]}]
    )
    form = made(
        client,
        fair,
        **{
            "use_answer-branch": "on",
            "label_en_answer-branch": "What do you sell?",
            "choice_en_answer-branch_0": "Groceries",
        },
    )
    assert form.fields[-1] == {"field": "answer:branch", "is_required": False}
    assert form.texts["en"]["choices"] == {"answer:branch": {"Food": "Groceries"}}
    kept = text(client.get(reverse("intake:form", args=[form.pk])))
    assert 'value="What do you sell?"' in kept
    assert 'value="Groceries"' in kept


def test_a_question_that_left_the_agreement_is_named_and_kept_until_it_is_unticked(
    client: Client, marta: User, fair: Campaign
) -> None:
    agreement_in_force(criteria=[{"key": "size", "question": "Size?"}])
    form = made(client, fair, **{"use_answer-size": "on"})
    agreement_in_force(criteria=[{"key": "branch", "question": "Branch?"}])
    assert "no longer in the agreement" in text(client.get(reverse("intake:form", args=[form.pk])))
    assert "so not asked: size" in text(client.get(reverse("intake:forms", args=[fair.pk])))
    again = typed(**{"use_answer-size": "on"}, version=form.version)
    assert client.post(reverse("intake:form", args=[form.pk]), again).status_code == 302
    client.post(reverse("intake:form", args=[form.pk]), typed(version=form.version + 1))
    form.refresh_from_db()
    assert [one["field"] for one in form.fields] == ["name", "email"]


# ------------------------------------------------------------------------------------------ changing


def test_two_people_changing_one_form_notice_each_other(client: Client, marta: User, fair: Campaign) -> None:
    form = made(client, fair)
    other = person("marketer", name="Ola Other")
    forms.edit(form=form, plan=plan(name="Theirs"), by=other, version=form.version)
    url = reverse("intake:form", args=[form.pk])
    late = client.post(url, typed(name="Mine", version=1))
    shown = text(late)
    assert late.status_code == 409
    assert "changed meanwhile by Ola Other" in shown
    assert 'value="Mine"' in shown
    form.refresh_from_db()
    assert (form.name, form.version) == ("Theirs", 2)
    assert client.post(url, typed(name="Mine", version=2)).status_code == 302


def test_opening_and_closing_says_what_visitors_find(client: Client, marta: User, fair: Campaign) -> None:
    form = made(client, fair)
    public, switch = reverse("intake:public", args=[form.key]), reverse("intake:form_switch", args=[form.pk])
    client.post(switch, {"open": "1"})
    assert client.get(public).status_code == 200
    client.post(switch, {"open": "0", "to": "list"})
    assert client.get(public).status_code == 410
    Campaign.objects.filter(pk=fair.pk).update(state="paused")
    answer = client.post(switch, {"open": "1"}, follow=True)
    assert "when its campaign is live" in text(answer)
    assert "Campaign not live" in text(answer)


def test_opening_it_twice_changes_it_once(marta: User, fair: Campaign) -> None:
    form = hosted_form(campaign=fair)
    again = forms.switch(form=form, is_open=True, by=marta, version=form.version)
    assert again.version == form.version
    with pytest.raises(Conflict):
        forms.switch(form=form, is_open=False, by=marta, version=1)


def test_who_may_not_changes_nothing(client: Client, fair: Campaign) -> None:
    CompanyFactory()
    form = hosted_form(campaign=fair)
    rep = person("rep")
    client.force_login(rep)
    for name, pk in (
        ("form_new", fair.pk),
        ("form", form.pk),
        ("form_switch", form.pk),
        ("form_preview", fair.pk),
    ):
        assert client.post(reverse(f"intake:{name}", args=[pk]), typed()).status_code == 403
    for act in (
        lambda: forms.create(campaign=fair, plan=plan(), by=rep),
        lambda: forms.edit(form=form, plan=plan(), by=rep, version=None),
        lambda: forms.switch(form=form, is_open=False, by=rep),
    ):
        with pytest.raises(NotAllowed):
            act()
    form.refresh_from_db()
    assert (LeadForm.objects.count(), form.version, form.is_open) == (1, 2, True)


# ------------------------------------------------------------------------------------------ reading


def test_everybody_sees_the_forms_and_what_came_through_them(client: Client, fair: Campaign) -> None:
    CompanyFactory()
    form = hosted_form(campaign=fair)
    for number, state in enumerate(["taken", "taken", "spam", "unreadable"]):
        Payload.objects.create(
            form=form,
            received_at=form.created_at,
            external_id=f"{number}",
            digest="x",
            body="{}",
            state=state,
        )
    client.force_login(person("rep"))
    shown = text(client.get(reverse("intake:forms", args=[fair.pk])))
    assert "2 messages became leads, 1 looks like spam, 1 could not be read" in shown
    assert selectors.address_of(form) in shown
    assert reverse("intake:form", args=[form.pk]) not in shown


def test_more_forms_take_no_more_statements(
    client: Client, marta: User, fair: Campaign, django_assert_max_num_queries: Any
) -> None:
    hosted_form(campaign=fair)
    url = reverse("intake:forms", args=[fair.pk])
    with django_assert_max_num_queries(15) as few:
        client.get(url)
    for _n in range(10):
        hosted_form(campaign=fair)
    with django_assert_max_num_queries(len(few)):
        client.get(url)


def test_a_campaign_without_forms_says_what_a_form_is_for(
    client: Client, marta: User, fair: Campaign
) -> None:
    shown = text(client.get(reverse("intake:forms", args=[fair.pk])))
    assert "No forms yet" in shown
    assert reverse("intake:form_new", args=[fair.pk]) in shown


def test_the_campaigns_page_shows_its_forms(client: Client, marta: User, fair: Campaign) -> None:
    form = hosted_form(campaign=fair, name="Stand tablet")
    shown = text(client.get(reverse("campaigns:page", args=[fair.pk])))
    assert "Stand tablet" in shown
    assert reverse("intake:form", args=[form.pk]) in shown
    assert reverse("intake:form_new", args=[fair.pk]) in shown


def test_what_goes_into_the_companys_site_is_there_to_copy(
    client: Client, marta: User, fair: Campaign
) -> None:
    form = hosted_form(campaign=fair, origins=("https://firma.example",), name='"><b>')
    shown = text(client.get(reverse("intake:form", args=[form.pk])))
    assert f"data-form=&quot;{form.key}&quot; async&gt;&lt;/script&gt;" in shown
    assert "&lt;iframe src=&quot;" in shown
    assert '"><b>' not in shown


# ------------------------------------------------------------------------------------------ preview


def test_the_preview_shows_what_is_being_typed_and_sends_nothing(
    client: Client, marta: User, fair: Campaign
) -> None:
    url = reverse("intake:form_preview", args=[fair.pk])
    polish = {f"{part}_pl": f"Słowo {part}" for part in ("title", "button", "consent", "thanks")}
    answer = client.post(url, typed(languages=["en", "pl"], preview="pl", name="", **polish))
    shown = text(answer)
    assert answer.status_code == 200
    assert "Słowo title" in shown
    assert " inert" in shown
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer
    assert not LeadForm.objects.exists()


def test_the_preview_shows_a_form_as_it_is_saved(client: Client, marta: User, fair: Campaign) -> None:
    form = hosted_form(
        campaign=fair,
        texts={"en": Texts(**{n: f"Saved {n}" for n in ("title", "button", "consent", "thanks")})},
    )
    url = reverse("intake:form_preview", args=[fair.pk])
    assert "Saved title" in text(client.get(url, {"form": form.pk}))
    assert client.get(url, {"form": "x"}).status_code == 404
    other = hosted_form()
    assert client.get(url, {"form": other.pk}).status_code == 404
    assert ENGLISH.title in text(
        client.get(reverse("intake:form_preview", args=[other.campaign_id]), {"form": other.pk})
    )
