"""The stock reasons that a new company starts with."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from leads.domain.reasons import STOCK_REASONS


def add(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    reasons = apps.get_model("leads", "Reason").objects.using(schema_editor.connection.alias)
    for position, stock in enumerate(STOCK_REASONS):
        reasons.get_or_create(
            key=stock.key,
            defaults={
                "label": stock.label,
                "needs_note": stock.needs_note,
                "is_false_lead": stock.is_false_lead,
                "position": position,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("leads", "0002_search_index")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
