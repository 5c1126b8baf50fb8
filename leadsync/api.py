"""The API's router: every app's viewsets under /api/v1/, the document and its page beside them."""

from typing import Any, NoReturn

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.decorators.http import require_GET
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from campaigns.api import CampaignViewSet
from campaigns.api_channels import ChannelViewSet, PointViewSet, ProofViewSet
from campaigns.api_ideas import IdeaViewSet
from campaigns.api_money import SpendViewSet, VisitsViewSet
from feedback.api import DisputeViewSet
from feedback.api_gates import GateViewSet
from feedback.api_markets import MarketNoteViewSet, ReviewViewSet
from feedback.api_questions import QuestionViewSet
from leads.api.agreement import AgreementViewSet
from leads.api.backtest import BackTestViewSet
from leads.api.duplicates import MergeViewSet, PairViewSet
from leads.api.first_contact import FirstContactView
from leads.api.imports import ImportViewSet
from leads.api.leads import LeadViewSet
from leads.api.routing import DryRunView, RoutingView
from leads.api.routing_rules import GroupViewSet, RuleViewSet
from leads.api.saved_views import ViewViewSet
from leads.api.vocabulary import ReasonsViewSet, TagsViewSet
from leads.api.voice import VoiceView
from leadsync.accounts.access import signed_in
from leadsync.accounts.api import MeView, PersonViewSet
from leadsync.accounts.api_people import AbsenceViewSet, TokenViewSet
from leadsync.exchange.api import BookingViewSet, EntryViewSet, LightsView, WinViewSet
from leadsync.hooks.api import WebhookViewSet
from leadsync.intake.api.forms import FormViewSet
from leadsync.intake.api.inbox import MessageViewSet
from leadsync.intake.api.sources import SourceViewSet
from leadsync.kpi.api import AttributionView, FunnelView
from leadsync.kpi.api_orders import OrdersView, OrderView, OrderWhyView
from leadsync.kpi.api_plans import PlanViewSet
from leadsync.meetings.api_agenda import AgendaViewSet, DecisionViewSet, HandedInViewSet
from leadsync.meetings.api_series import CalendarView, MeetingViewSet, SeriesViewSet
from leadsync.notices.api import NoticeViewSet
from leadsync.notices.api_alerts import AlertViewSet
from leadsync.privacy.api import ErasureViewSet, ExportViewSet, PeriodsView, PersonalDataViewSet
from leadsync.start.api import StartPutAsideView, StartView

router = SimpleRouter()
router.register("leads", LeadViewSet, basename="leads")
router.register("imports", ImportViewSet, basename="imports")
router.register("reasons", ReasonsViewSet, basename="reasons")
router.register("tags", TagsViewSet, basename="tags")
router.register("views", ViewViewSet, basename="views")
router.register("routing/rules", RuleViewSet, basename="rules")
router.register("routing/groups", GroupViewSet, basename="groups")
router.register("agreements", AgreementViewSet, basename="agreements")
router.register("back-tests", BackTestViewSet, basename="back_tests")
router.register("campaigns", CampaignViewSet, basename="campaigns")
router.register("campaigns", GateViewSet, basename="gates")
router.register("channels", ChannelViewSet, basename="channels")
router.register("points", PointViewSet, basename="points")
router.register("proofs", ProofViewSet, basename="proofs")
router.register("spend", SpendViewSet, basename="spend")
router.register("visits", VisitsViewSet, basename="visits")
router.register("duplicates", PairViewSet, basename="duplicates")
router.register("merges", MergeViewSet, basename="merges")
router.register("disputes", DisputeViewSet, basename="disputes")
router.register("market-notes", MarketNoteViewSet, basename="market_notes")
router.register("reviews", ReviewViewSet, basename="reviews")
router.register("questions", QuestionViewSet, basename="questions")
router.register("ideas", IdeaViewSet, basename="ideas")
router.register("listening", EntryViewSet, basename="listening")
router.register("bookings", BookingViewSet, basename="bookings")
router.register("wins", WinViewSet, basename="wins")
router.register("handed-in", HandedInViewSet, basename="handed_in")
router.register("series", SeriesViewSet, basename="series")
router.register("meetings", MeetingViewSet, basename="meetings")
router.register("agendas", AgendaViewSet, basename="agendas")
router.register("decisions", DecisionViewSet, basename="decisions")
router.register("absences", AbsenceViewSet, basename="absences")
router.register("tokens", TokenViewSet, basename="tokens")
router.register("people", PersonViewSet, basename="people")
router.register("notices", NoticeViewSet, basename="notices")
router.register("alerts", AlertViewSet, basename="alerts")
router.register("forms", FormViewSet, basename="forms")
router.register("sources", SourceViewSet, basename="sources")
router.register("messages", MessageViewSet, basename="messages")
router.register("personal-data", PersonalDataViewSet, basename="personal_data")
router.register("erasures", ErasureViewSet, basename="erasures")
router.register("exports", ExportViewSet, basename="exports")
router.register("webhooks", WebhookViewSet, basename="webhooks")
router.register("plans", PlanViewSet, basename="plans")


@require_GET
@signed_in
def docs(request: HttpRequest) -> HttpResponse:
    """The document as a page on which requests can be tried out, as the person signed in."""
    return render(request, "api/docs.html")


class Nowhere(APIView):
    """An address under /api/ that leads nowhere: a problem document, not a page."""

    permissions: dict[str, Any] = dict.fromkeys(("get", "head", "options", "post", "put", "patch", "delete"))

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises `NotFound`."""
        raise NotFound

    post = put = patch = delete = get


app_name = "api"

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("v1/", include(router.urls)),
    path("v1/funnel/", FunnelView.as_view(), name="funnel"),
    path("v1/attribution/", AttributionView.as_view(), name="attribution"),
    path("v1/orders/<str:month>/", OrdersView.as_view(), name="orders"),
    path("v1/orders/<str:month>/<int:rep>/", OrderView.as_view(), name="order"),
    path("v1/orders/changes/<int:change>/why/", OrderWhyView.as_view(), name="order_why"),
    path("v1/first-contact/", FirstContactView.as_view(), name="first_contact"),
    path("v1/voice/", VoiceView.as_view(), name="voice"),
    path("v1/routing/", RoutingView.as_view(), name="routing"),
    path("v1/routing/dry-run/", DryRunView.as_view(), name="routing_dry_run"),
    path("v1/lights/", LightsView.as_view(), name="lights"),
    path("v1/periods/", PeriodsView.as_view(), name="periods"),
    path("v1/start/", StartView.as_view(), name="start"),
    path("v1/start/put-aside/", StartPutAsideView.as_view(), name="start_put_aside"),
    path("v1/calendar/", CalendarView.as_view(), name="calendar"),
    path("v1/me/", MeView.as_view(), name="me"),
    re_path(r"^v1/", Nowhere.as_view()),
]
