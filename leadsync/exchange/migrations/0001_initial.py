"""What people learned at the other department, bookings, wins and applause."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("leads", "0009_merges_consent_erasure"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call", "Call heard"),
                            ("day", "Day shadowed"),
                            ("meeting", "Other department’s meeting"),
                            ("training", "Joint training"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("on", models.DateField(verbose_name="day")),
                ("learned", models.TextField(verbose_name="what was learned")),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exchange",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="exchange",
                        to="leads.lead",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="with",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "entries",
                "ordering": ["-on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call", "Call heard"),
                            ("day", "Day shadowed"),
                            ("meeting", "Other department’s meeting"),
                            ("training", "Joint training"),
                        ],
                        default="call",
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="when")),
                (
                    "minutes",
                    models.PositiveSmallIntegerField(
                        default=60,
                        validators=[
                            django.core.validators.MinValueValidator(5),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                        verbose_name="minutes",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "Asked"),
                            ("agreed", "Agreed"),
                            ("declined", "Declined"),
                            ("cancelled", "Cancelled"),
                            ("done", "Done"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("is_counter", models.BooleanField(default=False)),
                ("revision", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="with",
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="booking",
                        to="exchange.entry",
                    ),
                ),
            ],
            options={
                "ordering": ["starts_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="Win",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("won_at", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "bringer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="win", to="leads.lead"
                    ),
                ),
                (
                    "logged_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-won_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="Applause",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="applause", to="leads.lead"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "applause",
                "constraints": [models.UniqueConstraint(fields=("lead", "by"), name="applause_once")],
            },
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["by", "-on"], name="exchange_of_person"),
        ),
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["-on", "-id"], name="exchange_newest"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["by", "starts_at"], name="booking_by"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["partner", "starts_at"], name="booking_with"),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("by", models.F("partner")), _negated=True),
                name="booking_with_somebody_else",
            ),
        ),
        migrations.AddIndex(
            model_name="win",
            index=models.Index(fields=["-won_at", "-id"], name="win_newest"),
        ),
    ]
