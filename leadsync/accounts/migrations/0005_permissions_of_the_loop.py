"""The permissions of gate decisions, meetings, exchange, ideas and alerts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_permissions_of_reviews"),
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
                    ("write_market_notes", "write_market_notes"),
                    ("clear_campaigns", "clear_campaigns"),
                    ("overrule_reviews", "overrule_reviews"),
                    ("decide_gates", "decide_gates"),
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
                    ("hand_in", "hand_in"),
                    ("run_meetings", "run_meetings"),
                    ("log_exchange", "log_exchange"),
                    ("see_exchange", "see_exchange"),
                    ("propose_ideas", "propose_ideas"),
                    ("acknowledge", "acknowledge"),
                    ("export", "export"),
                    ("merge_leads", "merge_leads"),
                    ("edit_intake", "edit_intake"),
                    ("erase_leads", "erase_leads"),
                    ("manage_people", "manage_people"),
                    ("manage_company", "manage_company"),
                ],
            },
        ),
    ]
