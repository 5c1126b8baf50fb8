"""A form sent twice asks once. Questions that were there have no key of a form, so none is in this partial index."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("feedback", "0006_gate_decisions_and_cohorts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="question",
            constraint=models.UniqueConstraint(
                condition=models.Q(("form_key", ""), _negated=True),
                fields=("asker", "form_key"),
                name="question_of_a_form_once",
            ),
        ),
    ]
