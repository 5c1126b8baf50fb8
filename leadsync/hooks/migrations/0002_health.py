"""How an endpoint fares, who sends to it now, and from where on each of its events is told."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hooks", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="endpoint",
            name="failing_since_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="failures",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="free_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="starts",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="endpoint",
            name="succeeded_at",
            field=models.DateTimeField(null=True),
        ),
    ]
