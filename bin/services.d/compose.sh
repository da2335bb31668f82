# shellcheck shell=bash
# The same servers from compose.yaml, for machines with a Docker engine.

COMPOSE_FOLDER=$STATE/compose
COMPOSE_CA=$COMPOSE_FOLDER/ca.crt
# A project for each folder of passwords: the volumes keep those that they were made with.
COMPOSE_PROJECT=tournee-services-$(cksum <<<"$STATE" | cut -d' ' -f1)

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
        docker compose --project-name "$COMPOSE_PROJECT" --file "$PROJECT/compose.yaml" \
        --file "$PARTS/compose.yaml" "$@"
}

# By the container's own name: on 127.0.0.1 its PostgreSQL asks for no password. Redis has none but
# the one it is started with, and Elasticsearch is healthy only for those who know its administrator's.
compose_lets_in() { # service
    # shellcheck disable=SC2016
    [[ $1 != postgres ]] || compose exec -T postgres sh -c 'PGPASSWORD=$POSTGRES_PASSWORD \
        psql --quiet --output=/dev/null --host="$HOSTNAME" --username=tournee --command="SELECT 1"' >&2
}

compose_up() {
    mkdir -p "$COMPOSE_FOLDER"
    say "Starting $1 with docker compose…"
    if ! compose up --detach --wait "$1" >&2 || ! compose_lets_in "$1"; then
        compose stop "$1" >&2 || true
        fail "$1 did not start in Docker, or does not take the password in $STATE." \
            "What it says: docker compose --project-name $COMPOSE_PROJECT logs $1" \
            "If that folder was deleted since, its volumes still have the first password. To start afresh:" \
            "docker compose --project-name $COMPOSE_PROJECT down --volumes"
    fi
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
