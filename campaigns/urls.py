"""Addresses of campaigns."""

from django.urls import URLPattern, path

from campaigns.views import campaigns, channels, ideas, points

app_name = "campaigns"

urlpatterns: list[URLPattern] = [
    path("campaigns/", campaigns.campaign_list, name="list"),
    path("campaigns/new/", campaigns.new, name="new"),
    path("campaigns/<int:pk>/", campaigns.page, name="page"),
    path("campaigns/<int:pk>/edit/", campaigns.edit, name="edit"),
    path("campaigns/<int:pk>/review/", campaigns.review, name="review"),
    path("campaigns/<int:pk>/state/", campaigns.state, name="state"),
    path("campaigns/<int:pk>/spend/", campaigns.spend, name="spend"),
    path("campaigns/<int:pk>/spend/<int:entry>/", campaigns.spend_entry, name="spend_entry"),
    path("campaigns/<int:pk>/visits/<int:entry>/delete/", campaigns.visits_delete, name="visits_delete"),
    path("ideas/", ideas.idea_list, name="ideas"),
    path("ideas/new/", ideas.new, name="idea_new"),
    path("ideas/alike/", ideas.alike, name="idea_alike"),
    path("ideas/<int:pk>/", ideas.idea, name="idea"),
    path("ideas/<int:pk>/edit/", ideas.edit, name="idea_edit"),
    path("ideas/<int:pk>/vote/", ideas.vote, name="idea_vote"),
    path("ideas/<int:pk>/withdraw/", ideas.withdraw, name="idea_withdraw"),
    path("ideas/<int:pk>/decline/", ideas.decline, name="idea_decline"),
    path("ideas/<int:pk>/open-again/", ideas.reopen, name="idea_reopen"),
    path("ideas/<int:pk>/campaign/", ideas.draft, name="idea_draft"),
    path("channels/", channels.channels, name="channels"),
    path("channels/new/", channels.channel, name="channel_new"),
    path("channels/<int:pk>/", channels.channel, name="channel"),
    path("channels/<int:channel_pk>/points/new/", channels.point, name="point_new"),
    path("channels/<int:channel_pk>/points/<int:pk>/", channels.point, name="point"),
    path("channels/points/<int:pk>/", points.page, name="point_page"),
    path("channels/points/<int:pk>/row/", points.row, name="point_row"),
    path("channels/points/<int:pk>/proof/", points.proof, name="proof"),
    path("channels/points/<int:pk>/try/", points.try_now, name="point_try"),
    path("channels/points/<int:pk>/access/", points.access, name="point_access"),
    path("channels/points/<int:pk>/no-access/", points.no_access, name="point_no_access"),
    path("channels/proofs/<int:pk>/take-back/", points.take_back, name="proof_take_back"),
]
