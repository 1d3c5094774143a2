"""Alerts, feeds and calendars."""

from django.urls import path

from alerts import calendars, feeds, views

urlpatterns = [
    path("me/alerts/", views.overview, name="alerts"),
    path("me/alerts/new/", views.edit, name="alert-new"),
    path("me/alerts/<int:pk>/", views.edit, name="alert"),
    path("me/alerts/log/", views.log, name="alert-log"),
    path("me/alerts/add/mailbox/", views.add, {"what": "mailbox"}, name="alert-add-mailbox"),
    path("me/alerts/add/hook/", views.add, {"what": "hook"}, name="alert-add-hook"),
    *(
        path(f"me/alerts/<int:pk>/{what}/", views.change, {"what": what}, name=f"alert-{what}")
        for what in (*views.CHANGES, "calendar")
    ),
    path("me/tokens/", views.tokens, name="api-tokens"),
    path("alerts/confirm/<str:token>/", views.confirm, name="alert-confirm"),
    path("alerts/unsubscribe/<str:token>/", views.unsubscribe, name="alert-unsubscribe"),
    path("feeds/expiries.atom", feeds.every, name="feed"),
    path("feeds/follows/<str:token>.atom", feeds.followed, name="feed-follow"),
    path("feeds/<slug:name>.atom", feeds.named, name="feed-named"),
    path("calendar.ics", calendars.every, name="calendar"),
    path("calendar/mine/<str:token>.ics", calendars.mine, name="calendar-mine"),
    path("calendar/<slug:name>/<int:number>.ics", calendars.ballot, name="calendar-ballot"),
    path("calendar/<slug:name>.ics", calendars.named, name="calendar-named"),
]
