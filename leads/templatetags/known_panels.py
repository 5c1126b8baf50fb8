"""Buttons of the panels "Our definition" and "What we learned" as markup, written by functions; see `lead_rows`."""

from functools import lru_cache
from typing import Any

from django import template
from django.template.context import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from leads.domain.definition import CriterionKind
from leads.models.agreement import stock_label
from leads.selectors.learned import TopicView
from leads.selectors.queue import Point
from leadsync.core.templatetags.ui import icon

register = template.Library()

_NOTHING = SafeString("")


def _kbd(hint: str) -> SafeString:
    return format_html(" <kbd>{}</kbd>", hint) if hint else _NOTHING


@lru_cache(maxsize=2_000)
def _option(question: str, value: str, label: str, is_on: bool, keys: str, hint: str) -> SafeString:
    """The button of one answer."""
    return format_html(
        '<button class="btn small" name="value" value="{}"{} aria-label="{}: {}"{}>{}{}</button>',
        value,
        SafeString(' aria-pressed="true"') if is_on else "",
        question,
        label,
        format_html(' data-key="{}"', keys) if keys else "",
        label,
        _kbd(hint),
    )


@register.simple_tag(takes_context=True)
def point_form(context: Context, point: Point, url: str, *, inline: bool = False) -> SafeString:
    """The form that answers one criterion: a button for each answer, and a field where others are possible.

    From the context: `tab`, `csrf_token`; `refused_key` and `refused_typed` of an answer that could not be kept.
    """
    asked = point.criterion
    is_yes_no = asked.kind == CriterionKind.YES_NO
    is_known = point.value is not None and not point.is_derived
    return format_html(
        '<form class="ask-point{short}{inline}" method="post" action="{url}" hx-post="{url}" hx-target="#points"'
        ' hx-swap="morph:outerHTML" hx-sync="#points:queue all">'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{token}"><input type="hidden" name="key" value="{key}">'
        '<input type="hidden" name="tab" value="{tab}">{first}{options}{field}{forget}</form>',
        short=" short" if is_yes_no or asked.kind == CriterionKind.NUMBER else "",
        inline=" a" if inline else "",
        url=url,
        token=context.get("csrf_token") or "",
        key=asked.key,
        tab=context.get("tab") or "",
        # Enter in the field presses the first button of a form: that must be the one that saves the field.
        first=_NOTHING
        if is_yes_no
        else format_html('<button class="vh" tabindex="-1" aria-hidden="true">{}</button>', _("Save")),
        options=SafeString(
            "".join(
                _option(asked.question, one.value, one.label, one.is_on, one.keys, one.hint)
                for one in point.options
            )
        ),
        field=_NOTHING if is_yes_no else _field(context, point),
        forget=format_html(
            '<button class="btn quiet small" name="value" value="">{}{}</button>', icon("x"), _("Not known")
        )
        if is_known
        else "",
    )


def _field(context: Context, point: Point) -> SafeString:
    asked = point.criterion
    is_refused = context.get("refused_key") == asked.key
    hints: Any = ""
    if asked.kind == CriterionKind.NUMBER:
        hints = SafeString(' inputmode="decimal"')
    elif point.options:
        hints = format_html(' placeholder="{}"', _("Something else"))
    return format_html(
        '<span class="row typed"><input class="field" name="typed" value="{value}" maxlength="500" autocomplete="off"'
        ' aria-label="{question}"{hints}{refused}>{unit}<button class="btn small">{save}</button></span>',
        value=(context.get("refused_typed") or "") if is_refused else point.typed,
        question=asked.question,
        hints=hints,
        refused=format_html(' aria-invalid="true" aria-describedby="point-{}-error" data-focus', asked.key)
        if is_refused
        else "",
        unit=format_html('<span class="muted nw">{}</span>', asked.unit) if asked.unit else "",
        save=_("Save"),
    )


@lru_cache(maxsize=2_000)
def _chip(key: str, label: str, is_on: bool, digit: str, hint: str, _language: str | None) -> SafeString:
    """The button of one tag, made once for each language."""
    return format_html(
        '<button class="btn small" id="tag-{}" name="tag" value="{}:{}" aria-pressed="{}"{}>{}{}{}</button>',
        key,
        key,
        "off" if is_on else "on",
        "true" if is_on else "false",
        format_html(' data-key="{}"', digit) if digit else "",
        icon("check") if is_on else "",
        stock_label(label),
        _kbd(hint),
    )


@register.simple_tag
def topic_chips(topic: TopicView) -> SafeString:
    """A button for each tag of the topic; pressed it is taken back."""
    language = get_language()
    chips = topic.chips
    made = [_chip(one.tag.key, one.tag.label, one.is_on, one.key, one.hint, language) for one in chips]
    return SafeString("".join(made))
