"""Hosted forms, sources that send by themselves, and their messages as received."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("campaigns", "0002_market_notes_and_reviews"),
        ("leads", "0009_merges_consent_erasure"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LeadForm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("is_open", models.BooleanField(default=False, verbose_name="open")),
                ("language", models.CharField(default="en", max_length=5, verbose_name="language")),
                ("fields", models.JSONField(default=list)),
                ("texts", models.JSONField(default=dict)),
                ("needs_consent", models.BooleanField(default=True, verbose_name="consent is required")),
                ("origins", models.JSONField(blank=True, default=list)),
                (
                    "thanks_url",
                    models.URLField(blank=True, max_length=500, verbose_name="page after sending"),
                ),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="forms",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
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
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("google", "Google Ads lead form"),
                            ("meta", "Meta lead ads"),
                            ("typeform", "Typeform"),
                            ("generic", "Signed JSON"),
                        ],
                        max_length=10,
                        verbose_name="kind",
                    ),
                ),
                ("name", models.CharField(max_length=100, verbose_name="name")),
                ("key", models.SlugField(max_length=40, unique=True)),
                ("secret", models.CharField(blank=True, max_length=200, verbose_name="secret")),
                ("old_secret", models.CharField(blank=True, db_default="", default="", max_length=200)),
                ("old_secret_until_at", models.DateTimeField(null=True)),
                ("verify_token", models.CharField(blank=True, max_length=100)),
                ("access_token", models.CharField(blank=True, max_length=500)),
                ("mapping", models.JSONField(default=dict)),
                ("is_on", models.BooleanField(default=True, verbose_name="on")),
                ("created_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("heard_at", models.DateTimeField(null=True)),
                ("refused_at", models.DateTimeField(null=True)),
                ("refusal", models.CharField(blank=True, max_length=40)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="campaigns.campaign",
                        verbose_name="campaign",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.CreateModel(
            name="Payload",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("received_at", models.DateTimeField()),
                ("external_id", models.CharField(blank=True, max_length=320)),
                ("digest", models.CharField(max_length=64)),
                ("body", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("taken", "Is a lead"),
                            ("test", "Test"),
                            ("unreadable", "Unreadable"),
                            ("spam", "Looks like spam"),
                            ("dropped", "Dropped"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("reason", models.JSONField(default=dict)),
                ("times", models.PositiveIntegerField(default=1)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_try_at", models.DateTimeField(null=True)),
                ("handled_at", models.DateTimeField(null=True)),
                (
                    "arrival",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="leads.arrival",
                    ),
                ),
                (
                    "form",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payloads",
                        to="intake.leadform",
                    ),
                ),
                (
                    "handled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="intake_payloads",
                        to="leads.lead",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payloads",
                        to="intake.source",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["state", "-id"], name="payload_by_state"),
                    models.Index(fields=["source", "-id"], name="payload_of_source"),
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["next_try_at"],
                        name="payload_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=["source", "external_id"],
                        name="payload_by_external_id",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("source__isnull", False)),
                        fields=("source", "digest"),
                        name="payload_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("form__isnull", False)),
                        fields=("form", "external_id", "digest"),
                        name="payload_of_page_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("form", None), ("source__isnull", False)),
                            models.Q(("form__isnull", False), ("source", None)),
                            _connector="OR",
                        ),
                        name="payload_came_through_one_door",
                    ),
                ],
            },
        ),
    ]
