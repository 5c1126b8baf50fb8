"""The sweep looks for next steps that fell due since it last looked, whoever has the lead."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0004_kpi_indexes")]
    operations = [
        migrations.AddIndex(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("next_step_at__isnull", False)),
                fields=["next_step_at"],
                name="lead_next_step",
            ),
        )
    ]
