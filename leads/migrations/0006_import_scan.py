"""A long list is looked through by the worker; the preview keeps what it found."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0005_next_step_index")]
    operations = [
        migrations.AddField(model_name="import", name="scan", field=models.JSONField(default=dict)),
        migrations.AddField(model_name="import", name="scanned_at", field=models.DateTimeField(null=True)),
    ]
