"""Two secrets of a source are valid while it is renewed; a new source may have none yet."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_page_sent_once")]

    operations = [
        migrations.AlterField(
            model_name="source",
            name="secret",
            field=models.CharField(blank=True, max_length=200, verbose_name="secret"),
        ),
        migrations.AddField(
            model_name="source",
            name="old_secret",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
        migrations.AddField(
            model_name="source",
            name="old_secret_until_at",
            field=models.DateTimeField(null=True),
        ),
    ]
