"""Open questions for a missing piece, which a worker settles once the piece is there."""

from django.db import migrations, models

from leadsync.core.db import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("feedback", "0002_disputes")]
    operations = [
        AddIndexWithoutLock(
            model_name="question",
            index=models.Index(
                condition=models.Q(
                    ("answered_at", None), ("closed_at", None), models.Q(("piece", ""), _negated=True)
                ),
                fields=["lead"],
                name="question_for_a_piece",
            ),
        ),
    ]
