"""Rounds of a gate: changed campaigns are tested again."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0004_ideas"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="gate_after",
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="campaign",
            name="gate_from",
            field=models.PositiveIntegerField(db_default=1, default=1, editable=False),
        ),
    ]
