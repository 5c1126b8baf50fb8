"""Who can use a contact point, how it was proven, and what the worker tries by itself."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_market_notes_and_reviews"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="contactpoint",
            name="is_watched",
            field=models.BooleanField(
                db_default=False, default=False, verbose_name="try by itself every day"
            ),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="note",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Who answers there, and how to sign in. No passwords.",
                max_length=300,
                verbose_name="note",
            ),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="page_text",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                max_length=200,
                verbose_name="text that must stand there",
            ),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="page_url",
            field=models.URLField(blank=True, db_default="", default="", max_length=500, verbose_name="page"),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="tried_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="next_try_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="failed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="changed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="found",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="contactpoint",
            name="found_detail",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddIndex(
            model_name="contactpoint",
            index=models.Index(
                condition=models.Q(("next_try_at__isnull", False)),
                fields=["next_try_at"],
                name="contact_point_to_try",
            ),
        ),
        migrations.AddField(
            model_name="proof",
            name="found",
            field=models.CharField(blank=True, db_default="", default="", max_length=20),
        ),
        migrations.AddField(
            model_name="proof",
            name="means",
            field=models.CharField(
                choices=[
                    ("hand", "Tried by hand"),
                    ("call", "Test call"),
                    ("mail", "Test mail"),
                    ("page", "Page asked for"),
                    ("mail_server", "Mail server looked up"),
                    ("test_lead", "Test lead"),
                    ("no_access", "Can’t get in"),
                ],
                db_default="hand",
                default="hand",
                max_length=12,
                verbose_name="how",
            ),
        ),
        migrations.CreateModel(
            name="PointAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access",
                        to="campaigns.contactpoint",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="pointaccess",
            constraint=models.UniqueConstraint(fields=("point", "person"), name="point_access_once"),
        ),
    ]
