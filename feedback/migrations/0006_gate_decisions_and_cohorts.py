"""What is decided after a gate that was not passed, and questions about cohorts."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_gate_rounds"),
        ("feedback", "0005_evidence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="question",
            name="cohort",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="question",
            name="form_key",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.CreateModel(
            name="GateDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round_from", models.PositiveIntegerField()),
                ("round_after", models.PositiveBigIntegerField(default=0)),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("stop", "Stop"),
                            ("retest", "Change and test again"),
                            ("continue", "Continue"),
                        ],
                        max_length=10,
                        verbose_name="decision",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Waits for signatures"),
                            ("taken", "Decided"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="proposed",
                        max_length=10,
                    ),
                ),
                ("note", models.TextField(blank=True, verbose_name="what changes, or why")),
                ("at", models.DateTimeField()),
                ("taken_at", models.DateTimeField(null=True)),
                ("size", models.PositiveIntegerField(default=0)),
                ("needed", models.PositiveIntegerField(default=0)),
                ("good", models.PositiveIntegerField(default=0)),
                ("sent_meanwhile", models.PositiveIntegerField(default=0)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gate_decisions",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="GateVerdict",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round_from", models.PositiveIntegerField()),
                (
                    "verdict",
                    models.CharField(choices=[("passed", "Passed"), ("failed", "Not passed")], max_length=6),
                ),
                ("at", models.DateTimeField()),
                ("told_at", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gate_verdicts",
                        to="campaigns.campaign",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="gateverdict",
            constraint=models.UniqueConstraint(
                fields=["campaign", "round_from", "verdict"], name="gate_verdict_told_once"
            ),
        ),
        migrations.CreateModel(
            name="GateSignature",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("side", models.CharField(max_length=5)),
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
                    "decision",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="signatures",
                        to="feedback.gatedecision",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="gatedecision",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "withdrawn"), _negated=True),
                fields=("campaign", "round_from"),
                name="gate_decided_once_a_round",
            ),
        ),
        migrations.AddConstraint(
            model_name="gatedecision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "taken"), _negated=True), ("taken_at__isnull", False), _connector="OR"
                ),
                name="gate_decision_taken_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="gatesignature",
            constraint=models.UniqueConstraint(fields=("decision", "side"), name="gate_signed_once_a_side"),
        ),
    ]
