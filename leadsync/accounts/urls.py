"""Addresses of accounts."""

from django.urls import path

from leadsync.accounts.views import company, entrance, mine, people

app_name = "accounts"

urlpatterns = [
    path("settings/", company.company, name="company"),
    path("settings/me/", mine.me, name="me"),
    path("settings/me/sign-out-elsewhere/", mine.sign_out_elsewhere, name="sign_out_elsewhere"),
    path("settings/language/", mine.language, name="language"),
    path("settings/theme/", mine.theme, name="theme"),
    path("settings/hours/", company.hours, name="hours"),
    path("settings/hours/days/", company.add_own_day, name="own_day_add"),
    path("settings/hours/days/<int:pk>/remove/", company.remove_own_day, name="own_day_remove"),
    path("settings/people/", people.people, name="people"),
    path("settings/people/invite/", people.invite, name="invite"),
    path("settings/people/invitations/<int:pk>/resend/", people.resend_invitation, name="invitation_resend"),
    path("settings/people/invitations/<int:pk>/revoke/", people.revoke_invitation, name="invitation_revoke"),
    path("settings/people/<int:pk>/", people.person, name="person"),
    path("settings/people/<int:pk>/roles/", people.set_roles, name="person_roles"),
    path("settings/people/<int:pk>/switch/", people.switch, name="person_switch"),
    path("settings/people/<int:pk>/absences/", people.add_absence, name="absence_add"),
    path(
        "settings/people/<int:pk>/absences/<int:absence_pk>/remove/",
        people.remove_absence,
        name="absence_remove",
    ),
    path("settings/people/<int:pk>/hours/", people.own_hours, name="person_hours"),
    path("settings/tokens/", mine.tokens, name="tokens"),
    path("settings/tokens/<int:pk>/revoke/", mine.revoke_token, name="token_revoke"),
    path("invitations/<str:token>/", entrance.invitation, name="invitation"),
]
