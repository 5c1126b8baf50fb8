"""All addresses. Each app keeps its own; here they meet."""

from django.urls import include, path

from leadsync import home, shell

handler400 = "leadsync.core.middleware.bad_request"
handler500 = "leadsync.core.middleware.server_error"

urlpatterns = [
    path("", home.home, name="home"),
    path("counters/", shell.counters, name="counters"),
    path("accounts/", include("allauth.urls")),
    path("", include("leadsync.accounts.urls")),
    path("", include("leadsync.notices.urls")),
    path("", include("campaigns.urls")),
    path("", include("leads.urls")),
    path("", include("leadsync.intake.urls")),
    path("", include("leadsync.hooks.urls")),
    path("", include("feedback.urls")),
    path("", include("leadsync.exchange.urls")),
    path("", include("leadsync.meetings.urls")),
    path("", include("leadsync.privacy.urls")),
    path("", include("leadsync.kpi.urls")),
    path("", include("leadsync.start.urls")),
    path("api/", include("leadsync.api")),
]
