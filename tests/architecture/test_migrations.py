"""Migrations can be applied to PostgreSQL under load; `make check` asks the same of the SQL for SQLite."""

import pytest
from django.core.management import call_command


def lint() -> object:
    """What the migration linter ends with: nothing, or the exit code of a failure."""
    try:
        call_command("lintmigrations", "--quiet", "ok", "ignore")
    except SystemExit as ended:
        return ended.code or None
    return None


@pytest.mark.postgres
@pytest.mark.django_db
def test_no_migration_would_lock_or_break_a_running_installation(capsys: pytest.CaptureFixture[str]) -> None:
    failed = lint()
    assert failed is None, capsys.readouterr().out
