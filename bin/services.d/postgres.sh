# shellcheck shell=bash
# A private PostgreSQL: TCP on 127.0.0.1 only, passwords, French order of letters.

POSTGRES_PORT=${TOURNEE_POSTGRES_PORT:-5442}
POSTGRES_DATA=$STATE/postgres/data

postgres_url() {
    echo "postgres://tournee:$(secret postgres)@127.0.0.1:$POSTGRES_PORT/tournee"
}

postgres_pids() {
    local pid
    pid=$(head -n 1 "$POSTGRES_DATA/postmaster.pid" 2>/dev/null) || return 0
    ! is_alive "$pid" "$POSTGRES_DATA" || echo "$pid"
}

# The programs of the version that made the data, else of the newest version there is.
postgres_programs() {
    local wanted folder
    wanted=$(cat "$POSTGRES_DATA/PG_VERSION" 2>/dev/null || true)
    for folder in /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin \
        /usr/local/opt/postgresql@*/bin "$(dirname "$(command -v initdb || echo /none/x)")"; do
        if [[ -x $folder/initdb && -x $folder/psql ]]; then
            "$folder/initdb" --version | sed -E "s#.* ([0-9]+)[^ ]*( .*)?\$#\1 $folder#"
        fi
    done | sort -rn | { [[ -z $wanted ]] && cat || grep "^$wanted " || true; } |
        head -n 1 | cut -d' ' -f2
}

postgres_initialise() { # programs
    local password=$STATE/postgres/password order=(--locale=C.UTF-8)
    if "$1/initdb" --help | grep -q icu-locale; then
        order+=(--locale-provider=icu --icu-locale=fr-FR)
    fi
    secret postgres-admin >"$password"
    [[ -z $FROM_ROOT ]] || chown "$SERVICE_USER" "$password"
    with_progress "Making the database cluster" "$LOGS/initdb.log" \
        as_service "$1/initdb" --pgdata="$POSTGRES_DATA.new" --username=postgres \
        --pwfile="$password" --auth=scram-sha-256 --encoding=UTF8 "${order[@]}" ||
        fail "initdb failed."
    rm -f "$password"
    mv "$POSTGRES_DATA.new" "$POSTGRES_DATA"
}

postgres_admin() { # programs psql-argument…
    local programs=$1
    shift
    PGPASSWORD=$(secret postgres-admin) "$programs/psql" --no-psqlrc --quiet --tuples-only --no-align \
        --set ON_ERROR_STOP=1 --host=127.0.0.1 --port="$POSTGRES_PORT" --username=postgres "$@"
}

# The role is an ordinary one that may create databases, as tests do: what needs a superuser in
# production must fail here too.
postgres_create_database() { # programs
    [[ -z $(postgres_admin "$1" --command="SELECT 1 FROM pg_database WHERE datname = 'tournee'" postgres) ]] ||
        return 0
    postgres_admin "$1" postgres <<SQL
SELECT 'CREATE ROLE tournee LOGIN CREATEDB' WHERE NOT EXISTS
    (SELECT FROM pg_roles WHERE rolname = 'tournee') \gexec
ALTER ROLE tournee PASSWORD '$(secret postgres)';
CREATE DATABASE tournee OWNER tournee;
SQL
}

postgres_start() {
    local programs
    require_free_port "$POSTGRES_PORT" TOURNEE_POSTGRES_PORT
    programs=$(postgres_programs)
    if [[ -z $programs ]]; then
        [[ ! -e $POSTGRES_DATA/PG_VERSION ]] ||
            fail "$POSTGRES_DATA was made by PostgreSQL $(cat "$POSTGRES_DATA/PG_VERSION"), which is not installed."
        install_packages postgresql@16 postgresql postgresql-client
        programs=$(postgres_programs)
        [[ -n $programs ]] || fail "PostgreSQL is installed but its programs were not found."
    fi
    service_folder "$STATE/postgres"
    rm -rf "$POSTGRES_DATA.new"
    [[ -e $POSTGRES_DATA/PG_VERSION ]] || postgres_initialise "$programs"
    with_progress "Starting PostgreSQL" "$LOGS/postgres-start.log" \
        as_service "$programs/pg_ctl" start --pgdata="$POSTGRES_DATA" --wait --timeout=120 \
        --log="$STATE/postgres/server.log" \
        --options="-p $POSTGRES_PORT -c listen_addresses=127.0.0.1 -c unix_socket_directories='' \
            -c max_connections=200 -c shared_buffers=256MB" ||
        fail "PostgreSQL did not start." "$(tail -n 5 "$STATE/postgres/server.log" 2>/dev/null)"
    postgres_create_database "$programs"
}

postgres_stop() {
    local pid
    pid=$(postgres_pids)
    # SIGINT is PostgreSQL's "fast" shutdown: it does not wait for open connections.
    kill -INT "$pid"
    stop_process "$pid" PostgreSQL
}
