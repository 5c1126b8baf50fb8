"""A lead's own id finds the message it came with."""

from django.db import migrations, models

from leadsync.core import db


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("intake", "0003_source_old_secret")]

    operations = [
        db.AddIndexWithoutLock(
            model_name="payload",
            index=models.Index(
                fields=["source", "external_id"],
                condition=models.Q(("external_id", ""), _negated=True),
                name="payload_by_external_id",
            ),
        ),
    ]
