"""Addresses: the exchange log, bookings, wins."""

from django.urls import URLPattern, path

from leadsync.exchange.views import bookings, entries, wins

app_name = "exchange"

urlpatterns: list[URLPattern] = [
    path("listening/", entries.listing, name="list"),
    path("listening/new/", entries.new, name="new"),
    path("listening/leads/", entries.find_lead, name="find_lead"),
    path("listening/people/", entries.people, name="people"),
    path("listening/<int:pk>/", entries.edit, name="edit"),
    path("listening/<int:pk>/delete/", entries.delete, name="delete"),
    path("listening/book/", bookings.book, name="book"),
    path("listening/bookings/", bookings.listing, name="bookings"),
    path("listening/bookings/<int:pk>/", bookings.booking, name="booking"),
    path("listening/bookings/<int:pk>/agree/", bookings.agree, name="booking_agree"),
    path("listening/bookings/<int:pk>/decline/", bookings.decline, name="booking_decline"),
    path("listening/bookings/<int:pk>/move/", bookings.move, name="booking_move"),
    path("listening/bookings/<int:pk>/cancel/", bookings.cancel, name="booking_cancel"),
    path("listening/bookings/<int:pk>/write/", bookings.write, name="booking_write"),
    path("wins/", wins.wall, name="wins"),
    path("wins/<int:pk>/applause/", wins.applaud, name="win_applaud"),
]
