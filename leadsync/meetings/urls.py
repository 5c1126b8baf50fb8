"""Addresses: joint meetings, their series, and calendar feeds."""

from django.urls import path, re_path

from leadsync.meetings.views import decisions, feed, listed, meeting, points, room, series

app_name = "meetings"

urlpatterns = [
    # When meetings are, and who comes.
    path("meetings/", listed.meeting_list, name="list"),
    path("meetings/new/", listed.new, name="new"),
    re_path(r"^meetings/(?P<on>[0-9]{4}-[0-9]{2}-[0-9]{2})/$", listed.day, name="day"),
    path("meetings/<int:pk>/move/", listed.move, name="move"),
    path("meetings/<int:pk>/cancel/", listed.cancel, name="cancel"),
    path("meetings/<int:pk>/bring-back/", listed.bring_back, name="bring_back"),
    path("meetings/<int:pk>/people/", listed.people, name="people"),
    path("meetings/series/new/", series.new, name="series_new"),
    path("meetings/series/dates/", series.preview, name="series_dates"),
    path("meetings/series/<int:pk>/", series.series, name="series"),
    path("meetings/series/<int:pk>/end/", series.end, name="series_end"),
    path("meetings/series/<int:pk>/resume/", series.resume, name="series_resume"),
    path("meetings/feed/renew/", feed.renew, name="feed_renew"),
    path("meetings/feed/<str:token>.ics", feed.feed, name="feed"),
    # What happens in a meeting.
    path("meetings/hand-in/", points.hand_in, name="hand_in"),
    path("meetings/points/<int:pk>/withdraw/", points.withdraw, name="point_withdraw"),
    path("meetings/decisions/", decisions.decision_list, name="decisions"),
    path("meetings/decisions/<int:pk>/", decisions.decision, name="decision"),
    path("meetings/decisions/<int:pk>/edit/", decisions.edit, name="decision_edit"),
    path("meetings/decisions/<int:pk>/remove/", decisions.remove, name="decision_remove"),
    path("meetings/decisions/<int:pk>/end/", decisions.end, name="decision_end"),
    path("meetings/<int:pk>/", meeting.meeting, name="meeting"),
    path("meetings/<int:pk>/begin/", meeting.begin, name="begin"),
    path("meetings/<int:pk>/pull-in/", meeting.pull_in, name="pull_in"),
    path("meetings/<int:pk>/present/", meeting.present, name="present"),
    path("meetings/<int:pk>/decide/", decisions.decide, name="decide"),
    path("meetings/<int:pk>/note/", points.note, name="note"),
    path("meetings/<int:pk>/settle/", points.settle, name="settle"),
    path("meetings/<int:pk>/end/", meeting.end, name="end"),
    path("meetings/<int:pk>/send/", meeting.send, name="send"),
    path("meetings/<int:pk>/minutes/", meeting.minutes, name="minutes"),
    path("meetings/<int:pk>/room/", room.room, name="room"),
]
