from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0001_initial"),
        ("leads", "0003_reasons"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("ended_at__gt", models.F("due_at"))),
                fields=["ended_at"],
                name="handoff_late",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("handed_off_at__isnull", False)),
                fields=["campaign", "handed_off_at"],
                name="lead_handed_off",
            ),
        ),
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("qualified_at__isnull", False)),
                fields=["campaign", "qualified_at"],
                name="lead_qualified",
            ),
        ),
    ]
