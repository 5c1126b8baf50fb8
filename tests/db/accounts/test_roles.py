"""Roles are groups, written from one table after every migration."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from leadsync.accounts.apps import sync_roles
from leadsync.accounts.roles import PERMISSIONS, Can, Role
from tests.factories.accounts import person

pytestmark = pytest.mark.django_db


def _sync() -> None:
    sync_roles(apps.get_app_config("accounts"), using="default", apps=apps)


def test_after_migrating_every_role_is_a_group_with_its_permissions() -> None:
    for role, permissions in PERMISSIONS.items():
        held = Group.objects.get(name=role.value).permissions.values_list("codename", flat=True)
        assert set(held) == {can.value for can in permissions}


def test_syncing_mends_a_table_somebody_changed_by_hand_and_may_run_twice() -> None:
    marketer = Group.objects.get(name=Role.MARKETER.value)
    marketer.permissions.set(Permission.objects.filter(codename=Can.SIGN_PLAN.value))
    Group.objects.filter(name=Role.DIRECTOR.value).delete()
    for _ in range(2):
        _sync()
        test_after_migrating_every_role_is_a_group_with_its_permissions()


def test_permissions_made_later_in_the_same_migration_are_there() -> None:
    Permission.objects.filter(content_type__app_label="accounts").delete()
    _sync()
    test_after_migrating_every_role_is_a_group_with_its_permissions()


@pytest.mark.parametrize("role", list(Role))
def test_a_person_may_what_the_table_says_and_nothing_else(role: Role) -> None:
    someone = person(role)
    assert {can for can in Can if someone.can(can)} == PERMISSIONS[role]


def test_two_roles_add_up_and_no_role_may_nothing() -> None:
    both = person("rep", "administrator")
    assert both.can(Can.WORK_LEADS)
    assert both.can(Can.MANAGE_PEOPLE)
    assert not any(person().can(can) for can in Can)


def test_a_deactivated_person_may_nothing() -> None:
    assert not person("administrator", is_active=False).can(Can.MANAGE_PEOPLE)
