"""Who took data out, how long personal data are kept, and the permissions that go with both."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_people_and_quiet_hours"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={
                "default_permissions": [],
                "ordering": ["name", "id"],
                "permissions": [
                    ("edit_campaigns", "edit_campaigns"),
                    ("edit_channels", "edit_channels"),
                    ("log_leads", "log_leads"),
                    ("work_leads", "work_leads"),
                    ("work_any_lead", "work_any_lead"),
                    ("hand_over", "hand_over"),
                    ("edit_agreement", "edit_agreement"),
                    ("edit_words", "edit_words"),
                    ("edit_routing", "edit_routing"),
                    ("dispute", "dispute"),
                    ("decide_disputes", "decide_disputes"),
                    ("sign_for_marketing", "sign_for_marketing"),
                    ("sign_for_sales", "sign_for_sales"),
                    ("edit_plan", "edit_plan"),
                    ("sign_plan", "sign_plan"),
                    ("see_first_contacts", "see_first_contacts"),
                    ("ask", "ask"),
                    ("export", "export"),
                    ("merge_leads", "merge_leads"),
                    ("edit_intake", "edit_intake"),
                    ("erase_leads", "erase_leads"),
                    ("manage_people", "manage_people"),
                    ("manage_company", "manage_company"),
                ],
            },
        ),
        migrations.AddField(
            model_name="company",
            name="keep_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="months that leads without a sale are kept",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="keep_won_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="months that customers are kept",
            ),
        ),
        migrations.AddField(
            model_name="company",
            name="privacy_url",
            field=models.URLField(
                blank=True, db_default="", default="", max_length=500, verbose_name="privacy policy"
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="keep_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="months that leads without a sale are kept",
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="keep_won_months",
            field=models.PositiveSmallIntegerField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="months that customers are kept",
            ),
        ),
        migrations.AddField(
            model_name="historicalcompany",
            name="privacy_url",
            field=models.URLField(
                blank=True, db_default="", default="", max_length=500, verbose_name="privacy policy"
            ),
        ),
        migrations.CreateModel(
            name="DataExport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=30)),
                ("at", models.DateTimeField()),
                ("rows", models.PositiveIntegerField(null=True)),
                ("lead_id", models.BigIntegerField(null=True)),
                ("what", models.CharField(blank=True, max_length=1000)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["lead_id"], name="export_of_lead")],
            },
        ),
    ]
