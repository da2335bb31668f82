"""A connection that is kept from one request to the next."""

import pytest
from django.db import connection

from config.postgresql.base import DatabaseWrapper

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
    first = asked()
    end(first)
    assert asked() != first


def test_one_that_is_in_a_failed_transaction_is_made_anew():
    first = asked()
    connection.connection.autocommit = False
    with pytest.raises(Exception, match="nowhere"):
        connection.connection.execute("SELECT nowhere")
    assert asked() != first


def test_without_looking_the_request_would_fail(monkeypatch):
    """The control."""
    monkeypatch.setattr(DatabaseWrapper, "is_usable", lambda _self: True)
    end(asked())
    with pytest.raises(Exception, match="terminat|closed"):
        asked()
    connection.close()
