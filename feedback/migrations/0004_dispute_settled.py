"""A dispute also ends when sales settles it: the mark it is about no longer stands."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("feedback", "0003_piece_index")]
    operations = [
        migrations.AlterField(
            model_name="dispute",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("upheld", "The mark stays"),
                    ("overturned", "The mark is changed"),
                    ("withdrawn", "Withdrawn"),
                    ("settled", "Settled by sales"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
