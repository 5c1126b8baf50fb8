"""Somebody who never became a lead can be erased too: unreadable messages, rows of lists."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("privacy", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="erasure",
            name="lead_id",
            field=models.BigIntegerField(null=True, unique=True),
        ),
    ]
