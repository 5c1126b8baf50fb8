"""The company's own settings."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

import holidays
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from leadsync.accounts.access import check
from leadsync.accounts.models import Company, User
from leadsync.accounts.roles import Can
from leadsync.accounts.selectors import company as read_company
from leadsync.accounts.selectors import let_go_of_company
from leadsync.core.db import locked
from leadsync.core.errors import Invalid

EDITABLE: Final = frozenset(
    {
        "name",
        "currency",
        "zone",
        "country",
        "country_part",
        "labour_cost",
        "quiet_from",
        "quiet_until",
        "keep_months",
        "keep_won_months",
        "privacy_url",
    }
)
WORKING_TIME: Final = frozenset({"zone", "country", "country_part"})


@cache
def zones() -> tuple[str, ...]:
    """Names of all time zones a company can be in, in order.

    Without bare offsets ("Etc/GMT+5", five hours *behind* UTC): nobody lives in them, and Django reads them the other
    way round when it asks SQLite for days.
    """
    names = available_timezones() - {"Factory", "localtime"}
    return tuple(sorted(name for name in names if not re.search(r"[+-]\d", name)))


def parts_of(country: str) -> tuple[str, ...]:
    """Codes of the parts of a country that have holidays of their own; none for most."""
    return tuple(holidays.list_supported_countries().get(country, ()))


def raise_version() -> None:
    """Working time has changed: the promise's clocks are counted anew by whoever compares versions.

    Call inside the transaction that changes it.
    """
    read_company()
    Company.objects.filter(pk=1).update(version=F("version") + 1)
    let_go_of_company()


@transaction.atomic
def edit(*, by: User, changes: Mapping[str, Any]) -> Company:
    """Change the company's settings; a change of zone or holidays changes working time.

    Raises `NotAllowed`, and `Invalid` with the field for a value that cannot be used.
    """
    check(by, Can.MANAGE_COMPANY)
    read_company()
    found = locked(Company.objects.filter(pk=1)).get()
    changed = {name for name in EDITABLE & changes.keys() if changes[name] != getattr(found, name)}
    for name in changed:
        setattr(found, name, changes[name])
    if found.zone not in zones():
        raise Invalid(_("There is no time zone of this name."), field="zone")
    if found.country_part and found.country_part not in parts_of(str(found.country)):
        raise Invalid(_("This country has no part of this code."), field="country_part")
    if (found.quiet_from is None) != (found.quiet_until is None):
        missing = "quiet_from" if found.quiet_from is None else "quiet_until"
        raise Invalid(_("Quiet hours need a beginning and an end, or neither."), field=missing)
    if found.quiet_from is not None and found.quiet_from == found.quiet_until:
        raise Invalid(_("Quiet hours end at another time than they begin."), field="quiet_until")
    try:
        found.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise Invalid(messages[0], field=field) from error
    if changed:
        found._history_user = by  # type: ignore[attr-defined]  # read by simple_history
        found.save(update_fields=[*changed])
    if changed & WORKING_TIME:
        raise_version()
    let_go_of_company()
    return found
