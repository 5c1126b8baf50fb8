"""The floor: the least that a Django page of the same size must do. Sign-in, one query, the same number of rows."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import include, path
from django.utils import timezone
from rest_framework import generics, pagination, serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import IsAuthenticated

from leads.models import Handoff, Lead, LeadEvent
from leadsync.kpi.models import DayFact

handler500 = "leadsync.core.middleware.server_error"

ROWS = 50
FACTS = 280

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Floor</title></head><body><p>{{ who }}</p>
<table>%s</table></body></html>"""
_LEADS = Template(
    _PAGE
    % (
        "{% for row in rows %}<tr><td><a href='/leads/{{ row.id }}/'>{{ row.name }}</a></td><td>{{ row.company }}</td>"
        "<td>{{ row.campaign__name }}</td><td>{{ row.owner__name }}</td><td>{{ row.stage }}</td><td>{{ row.mark }}</td>"
        "<td>{{ row.received_at|date:'j M H:i' }}</td></tr>{% endfor %}"
    )
)
_QUEUE = Template(
    _PAGE
    % (
        "{% for row in rows %}<tr><td><a href='/queue/?lead={{ row.lead_id }}'>{{ row.lead__name }}</a></td>"
        "<td>{{ row.lead__company }}</td><td>{{ row.lead__campaign__name }}</td>"
        "<td>{{ row.due_at|date:'j M H:i' }}</td></tr>{% endfor %}"
    )
)
_LEAD = Template(
    _PAGE
    % (
        "<tr><td>{{ lead.name }}</td><td>{{ lead.company }}</td><td>{{ lead.email }}</td><td>{{ lead.phone }}</td>"
        "<td>{{ lead.campaign.name }}</td><td>{{ lead.owner.name }}</td><td>{{ lead.stage }}</td><td>{{ lead.mark }}</td>"
        "<td>{{ lead.need }}</td><td>{{ lead.received_at|date:'j M H:i' }}</td></tr>"
    )
)
_COHORT = Template(
    _PAGE
    % (
        "{% for row in rows %}<tr><td>{{ row.month|date:'M Y' }}</td><td>{{ row.stage }}</td><td>{{ row.mark }}</td>"
        "<td>{{ row.count }}</td></tr>{% endfor %}"
    )
)
_FACTS = Template(
    _PAGE
    % (
        "{% for row in rows %}<tr><td>{{ row.on|date:'j M' }}</td><td>{{ row.campaign__name }}</td>"
        "<td>{{ row.arrived }}</td><td>{{ row.contacted }}</td>"
        "<td>{{ row.qualified }}</td><td>{{ row.won }}</td><td>{{ row.revenue }}</td></tr>"
        "{% endfor %}"
    )
)


def _render(request: HttpRequest, template: Template, **context: Any) -> HttpResponse:
    return HttpResponse(template.render(Context({"who": request.user, **context})))


_ROW = ("id", "name", "company", "campaign__name", "owner__name", "stage", "mark", "received_at")


@login_required
def leads(request: HttpRequest) -> HttpResponse:
    """The 50 newest leads; with `?q=` those whose search text holds it."""
    found = Lead.objects.all()
    if words := request.GET.get("q"):
        found = found.filter(search__contains=words)
    return _render(request, _LEADS, rows=found.order_by("-received_at", "-id").values(*_ROW)[:ROWS])


@login_required
def queue(request: HttpRequest) -> HttpResponse:
    """The signed-in person's 50 open handoffs by due time."""
    rows = (
        Handoff.objects.filter(rep_id=request.user.pk, ended_at=None)
        .order_by("due_at")
        .values("lead_id", "due_at", "lead__name", "lead__company", "lead__campaign__name")[:ROWS]
    )
    return _render(request, _QUEUE, rows=rows)


@login_required
def lead(request: HttpRequest, pk: int) -> HttpResponse:
    """One lead, its campaign and its rep."""
    return _render(request, _LEAD, lead=Lead.objects.select_related("campaign", "owner").get(pk=pk))


@login_required
def facts(request: HttpRequest) -> HttpResponse:
    """280 rows of the roll-up."""
    since = timezone.now().date() - timedelta(days=60)
    rows = (
        DayFact.objects.filter(on__gte=since)
        .order_by("on")
        .values("on", "campaign__name", "arrived", "contacted", "qualified", "won", "revenue")[:FACTS]
    )
    return _render(request, _FACTS, rows=rows)


@login_required
def cohort(request: HttpRequest) -> HttpResponse:
    """How many leads received since a day stand where, by month, stage and mark."""
    since = datetime.fromisoformat(request.GET["received_from"]).replace(
        tzinfo=timezone.get_current_timezone()
    )
    rows = (
        Lead.objects.filter(received_at__gte=since, is_test=False)
        .order_by()
        .annotate(month=TruncMonth("received_at"))
        .values("month", "stage", "mark")
        .annotate(count=Count("pk"))
    )
    return _render(request, _COHORT, rows=rows)


class EventSerializer(serializers.ModelSerializer[LeadEvent]):
    """A small row."""

    class Meta:
        model = LeadEvent
        fields = ("id", "lead", "at", "by", "kind", "after")


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """What a list in an API shows."""

    campaign = serializers.CharField(source="campaign.name")
    owner = serializers.CharField(source="owner.name", default=None)

    class Meta:
        model = Lead
        fields = (
            "id",
            "name",
            "company",
            "email",
            "phone",
            "campaign",
            "owner",
            "stage",
            "mark",
            "received_at",
        )


class Insert(generics.CreateAPIView[LeadEvent]):
    """One row, by DRF."""

    queryset = LeadEvent.objects.all()
    serializer_class = EventSerializer
    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsAuthenticated,)
    throttle_classes = ()


class Pages(pagination.CursorPagination):
    """Fifty at a time, newest first."""

    page_size = ROWS
    ordering = "-id"


class ApiLeads(generics.ListAPIView[Lead]):
    """Fifty leads, by DRF and a cursor."""

    queryset = Lead.objects.select_related("campaign", "owner")
    serializer_class = LeadSerializer
    authentication_classes = (SessionAuthentication,)
    permission_classes = (IsAuthenticated,)
    pagination_class = Pages
    filter_backends = ()
    throttle_classes = ()


urlpatterns = [
    path("floor/leads/", leads),
    path("floor/queue/", queue),
    path("floor/leads/<int:pk>/", lead),
    path("floor/facts/", facts),
    path("floor/cohort/", cohort),
    path("floor/events/", Insert.as_view()),
    path("floor/api/", ApiLeads.as_view()),
    path("", include("leadsync.urls")),
]
