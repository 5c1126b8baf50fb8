"""Addresses of feedback."""

from django.urls import path

from feedback.views import disputes, gates, markets, pieces, questions

app_name = "feedback"

urlpatterns = [
    path("questions/", questions.question_list, name="questions"),
    path("questions/ask/", questions.ask, name="ask"),
    path("questions/<int:pk>/", questions.question, name="question"),
    path("questions/piece/", pieces.ask, name="ask_piece"),
    path("questions/<int:pk>/fill/", pieces.fill, name="fill"),
    path("questions/<int:pk>/reply/", questions.reply, name="reply"),
    path("questions/<int:pk>/close/", questions.close, name="close"),
    path("questions/<int:pk>/reopen/", questions.reopen, name="reopen"),
    path("markets/", markets.market_list, name="markets"),
    path("markets/known/", markets.known, name="market_known"),
    path("markets/new/", markets.write, name="market_write"),
    path("markets/<int:pk>/", markets.edit, name="market_edit"),
    path("markets/<int:pk>/withdraw/", markets.withdraw, name="market_withdraw"),
    path("campaigns/<int:pk>/gate/", gates.decide, name="gate_decide"),
    path("campaigns/<int:pk>/gate/<int:decision>/sign/", gates.sign, name="gate_sign"),
    path("campaigns/<int:pk>/gate/<int:decision>/withdraw/", gates.withdraw, name="gate_withdraw"),
    path("disputes/", disputes.dispute_list, name="disputes"),
    path("disputes/<int:pk>/", disputes.dispute, name="dispute"),
    path("disputes/<int:pk>/decide/", disputes.decide, name="dispute_decide"),
    path("disputes/<int:pk>/withdraw/", disputes.withdraw, name="dispute_withdraw"),
    path("leads/<int:pk>/dispute/", disputes.of_lead, name="dispute_lead"),
]
