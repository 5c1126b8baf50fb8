"""Search by any part of a name, mail or phone."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from leadsync.core import db


def make(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    db.make_trigram_index(schema_editor, "leads_lead", "search", "lead_search_trigram")


def drop(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    db.drop_trigram_index(schema_editor, "lead_search_trigram")


class Migration(migrations.Migration):
    dependencies = [("leads", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
