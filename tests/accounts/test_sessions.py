from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone


@pytest.mark.parametrize(("days", "renewed"), [(13, False), (8, False), (6, True), (1, True)])
def test_the_session_of_somebody_who_keeps_coming_goes_on(signed_in, clerk, days, renewed):
    client, now = signed_in(clerk), timezone.now()
    ends = now + timedelta(days=days)
    Session.objects.update(expire_date=ends)
    answer = client.get(reverse("ideas:mine"))
    assert ("session" in answer.cookies) == renewed
    later = now + timedelta(days=13)
    assert (Session.objects.get().expire_date > later) == (renewed or ends > later)


def test_what_has_ended_stays_ended(signed_in, clerk):
    client = signed_in(clerk)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert client.get(reverse("ideas:mine")).status_code == 302
