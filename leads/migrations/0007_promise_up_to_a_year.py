"""A promise may last as long as a year of working time; how much that is, the company's hours say."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leads", "0006_tags_and_companies")]

    operations = [
        migrations.AlterField(
            model_name="promise",
            name="minutes",
            field=models.PositiveIntegerField(
                default=60,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(60 * 24 * 366),
                ],
                verbose_name="working minutes",
            ),
        ),
    ]
