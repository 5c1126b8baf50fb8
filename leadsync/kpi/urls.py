"""Addresses of kpi."""

from django.urls import path

from leadsync.kpi.views import dashboard, orders, plan

app_name = "kpi"

urlpatterns = [
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("plan/", plan.this_month, name="plan_now"),
    path("plan/<str:month>/", plan.plan_page, name="plan"),
    path("plan/<str:month>/orders/", orders.orders_page, name="orders"),
    path("plan/<str:month>/orders/<int:pk>/why/", orders.orders_why, name="orders_why"),
    path("plan/<str:month>/sign/", plan.plan_sign, name="plan_sign"),
    path("plan/<str:month>/versions/", plan.plan_versions, name="plan_versions"),
]
