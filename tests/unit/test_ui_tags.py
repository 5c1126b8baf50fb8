"""The filters and tags of every page write numbers, times and icons as ux.md asks, in three languages."""

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from unittest import mock

import lucide
import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone, translation

from leadsync.core.charts import running_total
from leadsync.core.templatetags import ui
from leadsync.shell import Counts

NB = "\xa0"
WARSAW = dt.timezone(dt.timedelta(hours=2))
NOW = dt.datetime(2026, 4, 21, 12, 0, tzinfo=dt.UTC)


def render(source: str, **context: Any) -> str:
    return Template("{% load ui %}" + source).render(Context(context))


# ---------------------------------------------------------------- length of time
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (72, f"1{NB}h{NB}12{NB}min"),
        (38, f"38{NB}min"),
        (240, f"4{NB}h"),
        (0, f"0{NB}min"),
        (-24, f"−24{NB}min"),
        (Decimal("347.4"), f"5{NB}h{NB}47{NB}min"),
        (dt.timedelta(hours=17, minutes=20), f"17{NB}h{NB}20{NB}min"),
        (None, ""),
        ("soon", ""),
    ],
)
def test_duration_is_hours_and_minutes_that_never_break(value: Any, expected: str) -> None:
    with translation.override("en"):
        assert ui.duration(value) == expected


@pytest.mark.parametrize(
    ("translated", "expected"),
    [
        ("%(hours)d godz. %(minutes)d min", f"1{NB}godz.{NB}12{NB}min"),
        ("%(hours)d ч %(minutes)d мин", f"1{NB}ч{NB}12{NB}мин"),
    ],
)
def test_duration_takes_its_units_from_the_catalogue(translated: str, expected: str) -> None:
    with mock.patch.object(ui, "pgettext", return_value=translated):
        assert ui.duration(72) == expected


# ---------------------------------------------------------------- numbers
@pytest.mark.parametrize(("language", "expected"), [("en", "78%"), ("pl", "78%"), ("ru", f"78{NB}%")])
def test_percent_has_a_space_in_russian_only(language: str, expected: str) -> None:
    with translation.override(language):
        assert ui.pct(0.78) == expected


@pytest.mark.parametrize(
    ("value", "places", "expected"), [(0.0204, 1, "2.0%"), (1, 0, "100%"), (None, 0, ""), ("x", 0, "")]
)
def test_percent_takes_a_ratio(value: Any, places: int, expected: str) -> None:
    with translation.override("en"):
        assert ui.pct(value, places) == expected


@pytest.mark.parametrize(
    ("language", "value", "places", "expected"),
    [
        ("en", 12500, 0, "12,500"),
        ("pl", 12500, 0, f"12{NB}500"),
        ("ru", Decimal("12500.25"), 1, f"12{NB}500,2"),
        ("en", -4, 0, "−4"),
        ("en", None, 0, ""),
    ],
)
def test_numbers_are_grouped(language: str, value: Any, places: int, expected: str) -> None:
    with translation.override(language):
        assert ui.num(value, places) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(61, "61"), (112.5, "100"), (-3, "0"), (34.64, "34.6"), (None, "0"), ("x", "0")]
)
def test_share_in_a_style_attribute_stays_within_its_bar(value: Any, expected: str) -> None:
    with translation.override("pl"):
        assert ui.clamp(value) == expected


# ---------------------------------------------------------------- days and times
@pytest.mark.parametrize(
    ("language", "expected"),
    [("en", f"7{NB}Apr"), ("pl", f"7{NB}kwi"), ("ru", f"7{NB}апр.")],
)
def test_day_of_this_year_has_no_year(language: str, expected: str) -> None:
    with translation.override(language):
        assert ui.day(dt.date(2026, 4, 7), NOW.date()) == expected
        assert ui.day(dt.date(2025, 4, 7), NOW.date()) == f"{expected}{NB}2025"


def test_day_and_clock_are_those_of_the_viewer_s_zone() -> None:
    late = dt.datetime(2026, 4, 7, 22, 30, tzinfo=dt.UTC)
    with timezone.override(WARSAW), translation.override("en"):
        assert ui.day(late, NOW.date()) == f"8{NB}Apr"
        assert ui.clock(late) == "0:30"
        assert ui.clock(dt.time(9, 5)) == "9:05"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (dt.datetime(2026, 4, 21, 8, 30, tzinfo=dt.UTC), f"today{NB}10:30"),
        (dt.datetime(2026, 4, 20, 14, 5, tzinfo=dt.UTC), f"yesterday{NB}16:05"),
        (dt.datetime(2026, 4, 22, 8, 2, tzinfo=dt.UTC), f"tomorrow{NB}10:02"),
        (dt.datetime(2026, 4, 7, 8, 30, tzinfo=dt.UTC), f"7{NB}Apr 10:30"),
        (dt.datetime(2025, 12, 31, 8, 0, tzinfo=dt.UTC), f"31{NB}Dec{NB}2025 10:00"),
    ],
)
def test_moment_is_said_as_people_say_it(moment: dt.datetime, expected: str) -> None:
    with timezone.override(WARSAW), translation.override("en"):
        assert ui.when(moment, NOW) == expected


@pytest.mark.parametrize("value", [None, "", "yesterday", 7])
def test_what_is_no_date_writes_nothing(value: Any) -> None:
    assert [ui.day(value), ui.clock(value), ui.when(value), ui.iso(value)] == ["", "", "", ""]


def test_instant_for_scripts_is_utc() -> None:
    assert ui.iso(dt.datetime(2026, 4, 21, 10, 30, tzinfo=WARSAW)) == "2026-04-21T08:30:00Z"


def test_django_writes_dates_our_way_too() -> None:
    moment = dt.date(2026, 4, 7)
    written = {}
    for language in ("en", "pl", "ru"):
        with translation.override(language):
            written[language] = Template("{{ d }}").render(Context({"d": moment}))
    assert written == {"en": "7 Apr 2026", "pl": "7 kwi 2026", "ru": "7 апреля 2026"}


# ---------------------------------------------------------------- people and icons
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Paweł Krawczyk", "PK"),
        ("Анна-Мария Левандовская", "АЛ"),
        ("Łucja", "Ł"),
        ("  ", "?"),
        ("Jan van der Berg", "JB"),
    ],
)
def test_initials_are_the_first_and_the_last(name: str, expected: str) -> None:
    assert ui.initials(name) == expected
    assert ui.initials(SimpleNamespace(name=name)) == expected


@pytest.mark.parametrize(("code", "expected"), [("pl", "Polish"), ("", ""), ("Klingon", "Klingon")])
def test_a_language_is_named_and_what_is_none_stays(code: str, expected: str) -> None:
    assert ui.language_words(code) == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari, iPhone",
        ),
        ("curl/8.5", "curl/8.5"),
        (None, ""),
    ],
)
def test_browser_is_named_in_words(agent: str | None, expected: str) -> None:
    assert ui.browser(agent) == expected


def test_icon_is_decoration_unless_it_is_named() -> None:
    assert 'aria-hidden="true"' in render('{% icon "check" class="ok" %}')
    assert 'class="ic ok"' in render('{% icon "check" class="ok" %}')
    named = render('{% icon "alert" label="Broken <now>" %}')
    assert 'role="img"' in named
    assert "aria-hidden" not in named
    assert "<now>" not in named


@pytest.mark.parametrize("name", sorted(ui.ICONS))
def test_every_short_name_of_an_icon_exists(name: str) -> None:
    assert ui.icon(name).startswith("<svg")


def test_unknown_icon_is_refused() -> None:
    with pytest.raises(lucide.IconDoesNotExist):
        ui.icon("no-such-thing")


# ---------------------------------------------------------------- navigation
@pytest.mark.parametrize(
    ("view_name", "expected"),
    [
        ("leads:queue", "queue"),
        ("leads:page", "leads"),
        ("leads:log", "campaigns"),
        ("campaigns:channels", "channels"),
        ("campaigns:page", "campaigns"),
        ("kpi:plan", "plan"),
        ("account_login", "settings"),
        ("home", ""),
        ("", ""),
    ],
)
def test_page_lights_one_item_of_the_navigation(view_name: str, expected: str) -> None:
    request = RequestFactory().get("/")
    request.resolver_match = SimpleNamespace(view_name=view_name)  # type: ignore[assignment]
    assert ui.area(Context({"request": request})) == expected  # type: ignore[arg-type]


def test_page_without_a_request_lights_nothing() -> None:
    assert ui.area(Context({})) == ""  # type: ignore[arg-type]


def kept(tag: str, name: str, *, path: str = "/", language: str = "en", **context: Any) -> str:
    request = RequestFactory().get(path)
    request.resolver_match = SimpleNamespace(  # type: ignore[assignment]
        view_name=context.pop("view_name", ""), kwargs=context.pop("kwargs", {})
    )
    with translation.override(language):
        return Template(f'{{% {tag} "{name}" %}}').render(Context({"request": request, **context}))


def test_kept_piece_carries_the_token_and_the_address_of_each_request() -> None:
    first = kept("still", "components/languages.html", path="/leads/?q=<b>", csrf_token="token-one")
    second = kept("still", "components/languages.html", path="/queue/", csrf_token="token-two")
    assert 'value="token-one"' in first
    assert "/leads/?q=" in first
    assert "<b>" not in first
    assert 'value="token-two"' in second
    assert "token-one" not in second
    assert "/leads/" not in second


def test_kept_piece_without_a_token_has_no_field_for_one() -> None:
    assert "csrfmiddlewaretoken" not in kept("still", "components/languages.html")


def test_kept_piece_speaks_the_language_of_the_reader() -> None:
    english, polish = (kept("still", "components/help.html", language=one) for one in ("en", "pl"))
    assert "Keys on this page" in english
    assert "Keys on this page" not in polish


def test_kept_piece_follows_the_theme() -> None:
    pieces = {
        kept("still", "components/theme.html", user=SimpleNamespace(theme=theme))
        for theme in ("light", "dark")
    }
    assert len(pieces) == 2


def test_kept_navigation_lights_the_page_and_shows_its_counts() -> None:
    def nav(waiting: int, path: str, view_name: str, **kwargs: str) -> str:
        counts = Counts(queue=waiting)
        shell = {"counts": counts}
        return kept(
            "nav", "components/nav_top.html", path=path, view_name=view_name, kwargs=kwargs, shell=shell
        )

    queue = nav(3, reverse("leads:queue"), "leads:queue")
    assert f'href="{reverse("leads:queue")}" aria-current="page"' in queue
    assert '<span class="count end">3</span>' in queue
    assert '<span class="count end">4</span>' in nav(4, reverse("leads:queue"), "leads:queue")
    lead = nav(3, "/leads/7/", "leads:page", pk="7")
    assert f'href="{reverse("leads:list")}" aria-current="true"' in lead
    assert 'aria-current="page"' not in lead


# ---------------------------------------------------------------- components
def test_chart_carries_the_table_that_says_the_same_and_numbers_svg_can_read() -> None:
    chart = running_total(["1 Apr", "2 Apr", "3 Apr"], [3, 6], plan=9, plan_label="plan 9")
    with translation.override("pl"):
        html = render("{% line_chart chart title=title %}", chart=chart, title="6 & counting")
    assert "<title" in html
    assert "6 &amp; counting" in html
    assert '<th scope="row">2 Apr</th><td>6</td>' in html
    svg = html[html.index("<line") : html.index("</svg>")]
    assert not [
        part for part in svg.split('"')[1::2] if "," in part and " " not in part and part[0].isdigit()
    ]


class Order(forms.Form):
    name = forms.CharField(label="Name", help_text="As on the card")
    note = forms.CharField(label="Note", required=False)
    agree = forms.BooleanField(label="Agree", required=False)
    days = forms.MultipleChoiceField(
        label="Days", required=False, choices=[("1", "Monday")], widget=forms.CheckboxSelectMultiple
    )


def test_field_ties_help_and_error_to_its_input() -> None:
    html = str(Order({"name": ""})["name"].as_field_group())
    assert 'for="id_name"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'id="id_name_helptext"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-invalid="true"' in html


def test_field_that_may_stay_empty_says_so() -> None:
    form = Order()
    assert "optional" in str(form["note"].as_field_group())
    assert "optional" not in str(form["name"].as_field_group())


def test_group_of_choices_is_a_fieldset_and_a_tick_stands_before_its_label() -> None:
    form = Order()
    assert "<fieldset" in str(form["days"].as_field_group())
    tick = str(form["agree"].as_field_group())
    assert tick.index("<input") < tick.index("<label")


def test_refused_form_opens_with_a_summary_that_links_to_its_fields() -> None:
    html = str(Order({"name": ""}))
    assert "One thing to fix" in html
    assert 'href="#id_name"' in html
    assert html.index("data-focus") < html.index('id="id_name"')
    assert "data-focus" not in str(Order())


def test_toast_offers_its_undo_as_a_form() -> None:
    html = render(
        '{% include "components/toast.html" with text=text undo_url="/undo/" undo_values=values %}',
        text="Karol <b>",
        values={"version": 3},
    )
    assert "Karol &lt;b&gt;" in html
    assert 'method="post" action="/undo/"' in html
    assert 'name="version" value="3"' in html
    assert 'data-key="KeyZ"' in html


@pytest.mark.parametrize(
    ("mark", "stage", "expected"),
    [
        ("qualified", "qualified", "Qualified"),
        ("promising", "contacted", "Promising"),
        ("not_a_fit", "closed", "Not a fit"),
        ("unreachable", "closed", "Unreachable"),
        ("qualified", "won", "Won"),
        ("", "new", "Not marked yet"),
    ],
)
def test_mark_is_a_word_with_an_icon(mark: str, stage: str, expected: str) -> None:
    html = render('{% include "components/mark_tag.html" %}', mark=mark, stage=stage)
    assert expected in html
    assert "<svg" in html


def test_countdown_carries_what_the_script_needs_in_plain_numbers() -> None:
    with translation.override("ru"):
        html = render(
            '{% include "components/sla.html" with state="soon" text="38 мин" running=True %}',
            due=NOW,
            left=16.5,
            left_seconds=12280,
            total_seconds=14400,
        )
    assert 'data-left-seconds="12280"' in html
    assert 'style="--left:16.5"' in html
    assert 'data-due="2026-04-21T12:00:00Z"' in html
    assert 'data-clock="running"' in html
