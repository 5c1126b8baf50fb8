"""An index for what is due at an endpoint, and for the log by state."""

from django.db import migrations, models

from leadsync.core.db import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("hooks", "0002_health"),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name="delivery",
            index=models.Index(fields=["endpoint", "state", "id"], name="delivery_by_state"),
        ),
    ]
