"""Whether the first steps of the company are done or put aside."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Start",
            fields=[
                (
                    "id",
                    models.PositiveSmallIntegerField(
                        default=1, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("done_at", models.DateTimeField(null=True)),
                ("put_aside_at", models.DateTimeField(null=True)),
                (
                    "put_aside_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "start",
                "constraints": [models.CheckConstraint(condition=models.Q(("id", 1)), name="start_only_one")],
            },
        ),
    ]
