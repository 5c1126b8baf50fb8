"""What the report of first contact, its measuring, and routing by company ask for."""

from django.db import migrations, models

from leadsync.core.db import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("leads", "0004_agreement_and_promise")]
    operations = [
        AddIndexWithoutLock(
            model_name="handoff",
            index=models.Index(fields=["at"], name="handoff_of_period"),
        ),
        AddIndexWithoutLock(
            model_name="handoff",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", False), ("taken_seconds", None)),
                fields=["id"],
                name="handoff_to_measure",
            ),
        ),
        AddIndexWithoutLock(
            model_name="lead",
            index=models.Index(
                condition=models.Q(("company_key", ""), _negated=True),
                fields=["company_key"],
                name="lead_of_company",
            ),
        ),
    ]
