"""Calls to Elasticsearch that never keep a person waiting for a server that is away."""

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from circuitbreaker import CircuitBreaker
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from elastic_transport.client_utils import DEFAULT
from elasticsearch import ApiError, Elasticsearch, SerializationError, TransportError
from elasticsearch.serializer import NdjsonSerializer, OrjsonSerializer

from search.engines.base import EngineUnavailable, RequestRefused

logger = logging.getLogger(__name__)

Answer = TypeVar("Answer")
FAILURES = 5
AGAIN_SECONDS = 5
# Writing is done by workers, which may wait.
PATIENT_SECONDS = 60
# Answers to what the server cannot read, or is too large.
UNREADABLE = frozenset({400, 413})


class Lines(NdjsonSerializer):
    """Bulks and several searches at once, several times quicker than the client's own."""

    def json_dumps(self, data: Any) -> bytes:
        return orjson.dumps(data, default=self.default, option=orjson.OPT_SERIALIZE_NUMPY)


class Connection:
    """One client per process. After a few failures in a row nobody asks again for a moment."""

    def __init__(self) -> None:
        if not settings.ELASTICSEARCH_URL:
            raise ImproperlyConfigured("SEARCH_ENGINE=elasticsearch needs ELASTICSEARCH_URL")
        self.client = Elasticsearch(
            settings.ELASTICSEARCH_URL.split(","),
            ca_certs=settings.ELASTICSEARCH_CA_CERTS or DEFAULT,
            api_key=settings.ELASTICSEARCH_API_KEY or None,
            request_timeout=settings.ELASTICSEARCH_TIMEOUT,
            # With several nodes the next one is asked at once; a slow one is not asked twice.
            max_retries=settings.ELASTICSEARCH_URL.count(","),
            retry_on_timeout=False,
            # A node that is down is tried again soon: there is the breaker to spare it.
            dead_node_backoff_factor=0.5,
            max_dead_node_backoff=AGAIN_SECONDS,
            serializers={kind.mimetype: kind for kind in (OrjsonSerializer(), Lines())},
            connections_per_node=16,
        )
        self.patient = self.client.options(request_timeout=PATIENT_SECONDS)
        self._breaker = CircuitBreaker(FAILURES, AGAIN_SECONDS, _is_outage)

    def ask(self, call: Callable[..., Answer], **arguments: Any) -> Answer:
        """The answer to a call of the client. Raises EngineUnavailable where there is none."""
        if self._breaker.opened:
            raise EngineUnavailable("Elasticsearch did not answer lately")
        try:
            with self._breaker:
                return call(**arguments)
        except (ApiError, TransportError) as error:
            if isinstance(error, ApiError) and not _is_outage(type(error), error):
                logger.exception("Elasticsearch refused a request")
            kind = RequestRefused if _is_unreadable(error) else EngineUnavailable
            raise kind(str(error)) from error


def _is_unreadable(error: ApiError | TransportError) -> bool:
    """Whether the request itself is refused: too large, or something in it cannot be read."""
    if isinstance(error, ApiError):
        return error.status_code in UNREADABLE
    return isinstance(error, SerializationError)


def _is_outage(_kind: type, error: BaseException) -> bool:
    """Whether the server is away or overloaded; a request that it refuses is not."""
    if isinstance(error, ApiError):
        return error.status_code in {429, 502, 503, 504}
    return isinstance(error, TransportError) and not isinstance(error, SerializationError)
