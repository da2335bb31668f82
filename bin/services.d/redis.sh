# shellcheck shell=bash
# A private Redis: append-only, so that queued tasks outlive a restart.

REDIS_PORT=${TOURNEE_REDIS_PORT:-6389}
REDIS_FOLDER=$STATE/redis

redis_url() {
    echo "redis://:$(secret redis)@127.0.0.1:$REDIS_PORT/0"
}

redis_pids() {
    local pid
    pid=$(cat "$REDIS_FOLDER/pid" 2>/dev/null) || return 0
    ! is_alive "$pid" "redis-server 127.0.0.1:$REDIS_PORT" || echo "$pid"
}

redis_configure() {
    # Redis refuses a configuration that others wrote over its own: it is written anew each time.
    cat >"$REDIS_FOLDER/redis.conf" <<CONF
bind 127.0.0.1
port $REDIS_PORT
requirepass $(secret redis)
dir $REDIS_FOLDER
appendonly yes
maxmemory-policy noeviction
daemonize yes
pidfile $REDIS_FOLDER/pid
logfile $REDIS_FOLDER/server.log
CONF
    [[ -z $FROM_ROOT ]] || chown "$SERVICE_USER" "$REDIS_FOLDER/redis.conf"
    chmod 600 "$REDIS_FOLDER/redis.conf"
}

redis_start() {
    require_free_port "$REDIS_PORT" TOURNEE_REDIS_PORT
    command -v redis-server >/dev/null || install_packages redis redis-server
    service_folder "$REDIS_FOLDER"
    redis_configure
    as_service redis-server "$REDIS_FOLDER/redis.conf" >"$LOGS/redis-start.log" 2>&1 ||
        fail "Redis did not start." "$(tail -n 5 "$LOGS/redis-start.log" "$REDIS_FOLDER/server.log" 2>/dev/null)"
    local waited=0
    until answers "$(redis_url)"; do
        sleep 0.1
        waited=$((waited + 1))
        [[ $waited -ne 10 ]] || say "Redis is reading its data…"
        [[ $waited -lt 600 ]] ||
            fail "Redis did not answer in a minute." "$(tail -n 5 "$REDIS_FOLDER/server.log")"
    done
}

redis_stop() {
    stop_process "$(redis_pids)" Redis
}
