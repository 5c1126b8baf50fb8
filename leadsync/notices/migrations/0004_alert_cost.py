"""What an alert costs while it stands, for the order of the agenda; the resolved ones, newest first; one more sort of mail."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0003_message_by_state"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="alert",
            name="cost_minutes",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("resolved_at__isnull", False)),
                fields=["-resolved_at", "-id"],
                name="alert_resolved",
            ),
        ),
        migrations.AlterField(
            model_name="mailchoice",
            name="sort",
            field=models.CharField(
                choices=[
                    ("instant", "Mail at once"),
                    ("morning", "Morning mail"),
                    ("monday", "Monday mail"),
                    ("wins", "Wins of the week"),
                    ("minutes", "Minutes of meetings"),
                ],
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="sort",
            field=models.CharField(
                blank=True,
                choices=[
                    ("instant", "Mail at once"),
                    ("morning", "Morning mail"),
                    ("monday", "Monday mail"),
                    ("wins", "Wins of the week"),
                    ("minutes", "Minutes of meetings"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
    ]
