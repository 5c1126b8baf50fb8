"""Addresses of campaigns."""

from django.urls import URLPattern, path

from campaigns.views import campaigns, channels

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
    path("channels/", channels.channels, name="channels"),
    path("channels/new/", channels.channel, name="channel_new"),
    path("channels/<int:pk>/", channels.channel, name="channel"),
    path("channels/<int:channel_pk>/points/new/", channels.point, name="point_new"),
    path("channels/<int:channel_pk>/points/<int:pk>/", channels.point, name="point"),
    path("channels/points/<int:pk>/proof/", channels.proof, name="proof"),
]
