from django.db import migrations, models

from leadsync.core.db import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("notices", "0002_choices_mutes_webhook")]

    operations = [
        AddIndexWithoutLock(
            model_name="message",
            index=models.Index(fields=["state", "-id"], name="message_by_state"),
        ),
    ]
