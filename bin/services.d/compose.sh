# shellcheck shell=bash
# The same servers from compose.yaml, for machines with a Docker engine.

COMPOSE_FOLDER=$STATE/compose
COMPOSE_CA=$COMPOSE_FOLDER/ca.crt

use_compose() {
    case ${TOURNEE_SERVICES_FROM:-} in
        compose) return 0 ;;
        packages) return 1 ;;
        '') docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1 ;;
        *) fail "TOURNEE_SERVICES_FROM is compose or packages, not '$TOURNEE_SERVICES_FROM'." ;;
    esac
}

compose_started() { [[ -e $COMPOSE_FOLDER/$1.started ]]; }

compose_url() {
    case $1 in
        postgres) postgres_url ;;
        redis) redis_url ;;
        elasticsearch) echo "https://tournee:$(secret elasticsearch)@127.0.0.1:$ELASTICSEARCH_PORT" ;;
    esac
}

compose() {
    POSTGRES_PASSWORD=$(secret postgres) REDIS_PASSWORD=$(secret redis) \
        ELASTIC_PASSWORD=$(secret elastic) ELASTICSEARCH_PASSWORD=$(secret elasticsearch) \
        SECRET_KEY=unused SEAL_KEYS=unused SITE_URL=http://localhost:8000 \
        POSTGRES_PORT=$POSTGRES_PORT REDIS_PORT=$REDIS_PORT \
        ELASTICSEARCH_PORT=$ELASTICSEARCH_PORT ELASTICSEARCH_HEAP=$ELASTICSEARCH_HEAP \
        docker compose --project-name tournee-services --file "$PROJECT/compose.yaml" \
        --file "$PARTS/compose.yaml" "$@"
}

compose_up() {
    mkdir -p "$COMPOSE_FOLDER"
    say "Starting $1 with docker compose…"
    compose up --detach --wait "$1" >&2
    if [[ $1 == elasticsearch ]]; then
        compose run --rm search-user >&2
        compose cp elasticsearch:/usr/share/elasticsearch/config/certs/ca/ca.crt "$COMPOSE_CA" >&2
    fi
    touch "$COMPOSE_FOLDER/$1.started"
}

compose_down() {
    compose stop "$1" >&2
    rm -f "$COMPOSE_FOLDER/$1.started"
}
