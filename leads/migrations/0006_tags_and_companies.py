"""The stock tags, and the key by which two leads are of the same company, for the leads there are."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from leads.domain.identity import company_key
from leads.domain.tags import STOCK_TAGS

BATCH = 5_000


def add_tags(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tags = apps.get_model("leads", "Tag").objects.using(schema_editor.connection.alias)
    for position, stock in enumerate(STOCK_TAGS):
        tags.get_or_create(
            key=stock.key, defaults={"topic": stock.topic, "label": stock.label, "position": position}
        )


def fill_companies(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A batch per statement and transaction: no lock on leads is held for long."""
    leads = apps.get_model("leads", "Lead").objects.using(schema_editor.connection.alias)
    last = 0
    while rows := list(
        leads.filter(pk__gt=last).exclude(company="").order_by("pk").only("pk", "company")[:BATCH]
    ):
        for row in rows:
            row.company_key = company_key(row.company)
        leads.bulk_update(rows, ["company_key"], batch_size=500)
        last = rows[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0005_indexes")]
    operations = [
        migrations.RunPython(add_tags, migrations.RunPython.noop),
        migrations.RunPython(fill_companies, migrations.RunPython.noop, elidable=True),
    ]
