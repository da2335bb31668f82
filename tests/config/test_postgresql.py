"""A connection that is kept from one request to the next."""

import pytest
from django.db import OperationalError, connection

from accounts.models import User
from config.postgresql import base
from config.postgresql.base import MOST_PARAMETERS, DatabaseWrapper

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db(transaction=True)]


def asked():
    """As at the first query of a request."""
    connection.health_check_enabled, connection.health_check_done = True, False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(backend):
    """As when the server is started again."""
    with connection.copy().cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
        other.connection.close()


def test_it_is_used_again():
    assert asked() == asked()


def test_one_that_the_server_has_ended_is_made_anew():
    asked()
    first = asked()
    end(first)
    assert asked() != first


def test_one_that_is_in_a_failed_transaction_is_made_anew():
    first = asked()
    connection.connection.autocommit = False
    with pytest.raises(Exception, match="nowhere"):
        connection.connection.execute("SELECT nowhere")
    assert asked() != first


def test_a_statement_may_have_more_parameters_than_the_protocol_counts(clerk, monkeypatch):
    # No key of a person is negative.
    keys = [clerk.pk, *range(-2 * MOST_PARAMETERS, 0)]
    asked = User.objects.filter(pk__in=keys, first_name__contains="%").count
    clerk.first_name = "100 %"
    clerk.save()
    assert asked() == 1
    # The control.
    monkeypatch.setattr(base, "MOST_PARAMETERS", 10 * MOST_PARAMETERS)
    with pytest.raises(OperationalError, match="65535"):
        asked()


def test_without_looking_the_request_would_fail(monkeypatch):
    """The control."""
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda _self: True)
    end(asked())
    with pytest.raises(Exception, match="terminat|closed"):
        asked()
    connection.close()
