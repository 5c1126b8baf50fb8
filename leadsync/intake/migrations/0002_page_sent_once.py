"""A public page that is sent twice is one message: the database says so too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [
        migrations.AddConstraint(
            model_name="payload",
            constraint=models.UniqueConstraint(
                fields=["form", "external_id", "digest"],
                condition=models.Q(form__isnull=False),
                name="payload_of_page_once",
            ),
        ),
    ]
