# shellcheck shell=bash
# What differs from machine to machine: users, packages, folders, progress on a terminal.

say() { printf '%s\n' "$*" >&2; }

fail() {
    printf 'bin/services: %s\n' "$1" >&2
    shift
    [[ $# -eq 0 ]] || printf '  %s\n' "$@" >&2
    exit 1
}

# The project's own where it is there already: it starts faster than a version manager's.
PYTHON=$PROJECT/.venv/bin/python
[[ -x $PYTHON ]] || PYTHON=$(command -v python3) || fail "Python 3.11 or newer is needed (python3)."

SERVICE_USER=tournee
FROM_ROOT=
[[ $EUID -ne 0 ]] || FROM_ROOT=yes

# True when everybody may walk to the nearest existing parent: servers refuse to run as root,
# and the user they run as must reach their files.
open_to_all() {
    local folder=$1
    until [[ -d $folder ]]; do folder=$(dirname "$folder"); done
    while [[ $folder != / ]]; do
        [[ $(stat -c %A "$folder") == *[xt] ]] || return 1
        folder=$(dirname "$folder")
    done
}

choose_folders() {
    STATE=${TOURNEE_SERVICES_DIR:-$PROJECT/.services}
    CACHE=${TOURNEE_CACHE:-${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/tournee}
    if [[ -n $FROM_ROOT ]]; then
        CACHE=${TOURNEE_CACHE:-/var/cache/tournee}
        open_to_all "$STATE" || STATE=/var/lib/tournee/$(cksum <<<"$STATE" | cut -d' ' -f1)
        open_to_all "$CACHE" || fail "TOURNEE_CACHE=$CACHE is closed to the user $SERVICE_USER."
    fi
    mkdir -p "$STATE"
    STATE=$(cd "$STATE" && pwd)
    [[ $CACHE == /* ]] || CACHE=$PWD/$CACHE
    LOGS=$STATE/logs
    mkdir -p "$LOGS"
}
choose_folders

# Two runs at once would both initialise the same data. The servers started below close
# descriptor 9, or they would hold the lock for as long as they live.
one_at_a_time() {
    command -v flock >/dev/null || return 0
    exec 9>"$STATE/lock"
    flock -n 9 && return
    say "Waiting for another bin/services to finish…"
    flock -w 900 9 || fail "Another bin/services has been at work for 15 minutes ($STATE/lock)."
}

service_user() {
    if [[ -z $FROM_ROOT ]]; then
        id -un
        return
    fi
    if ! id "$SERVICE_USER" >/dev/null 2>&1; then
        say "Creating the system user '$SERVICE_USER', as which the servers run."
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin "$SERVICE_USER"
    fi
    echo "$SERVICE_USER"
}

service_folder() { # path…: makes folders that only the servers' user reads and writes
    local user
    user=$(service_user)
    mkdir -p "$@"
    [[ -z $FROM_ROOT ]] || chown "$user:" "$@"
    chmod 700 "$@"
}

as_service() {
    (
        cd /
        exec 9>&-
        if [[ -n $FROM_ROOT ]]; then
            exec setpriv --reuid "$SERVICE_USER" --regid "$SERVICE_USER" --init-groups \
                env -u JAVA_TOOL_OPTIONS HOME=/nonexistent "$@"
        fi
        exec "$@"
    )
}

# A terminal's Ctrl-C reaches its whole session; servers leave it.
# shellcheck disable=SC2034
DETACH=(python3 -c 'import os, sys; os.getpid() == os.getpgrp() or os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])')

secret() { # name: a random password, made once and kept
    local file=$STATE/$1.secret
    if [[ ! -s $file ]]; then
        (umask 077 && "$PYTHON" -IS -c 'import secrets; print(secrets.token_urlsafe(18))' >"$file")
    fi
    cat "$file"
}

# Whole lines: where COLUMNS is set, `ps` cuts them off.
is_alive() { # pid pattern: alive, and still the process that we started
    [[ -n $1 ]] && ps -ww -p "$1" -o args= 2>/dev/null | grep -qF -- "$2"
}

stop_process() { # pid name
    local pid=$1 name=$2 waited=0
    kill "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.1
        waited=$((waited + 1))
        [[ $waited -ne 20 ]] || say "Waiting for $name (pid $pid) to write what it holds and stop…"
        [[ $waited -lt 600 ]] || fail "$name (pid $pid) has not stopped after a minute."
    done
}

require_free_port() { # port variable
    if "$PYTHON" -IS -c 'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1)' \
        "$1" 2>/dev/null; then
        fail "Port $1 is taken by a program that was not started here." "Choose another: $2=…"
    fi
}

# Runs a command with its output in a log; tells how long it has been going, and the detail that
# the function named by PROGRESS_DETAIL prints. On failure shows the end of the log.
with_progress() { # label log command…
    local label=$1 log=$2 started=$SECONDS next=0 detail pid status=0 clear=
    shift 2
    [[ ! -t 2 ]] || clear=$'\r\033[K'
    # A process group of its own, so that an interruption ends what the command started too.
    set -m
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    set +m
    trap 'kill -- "-$pid" 2>/dev/null; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        if [[ $((SECONDS - started)) -ge $next ]]; then
            detail=
            [[ -z ${PROGRESS_DETAIL:-} ]] || detail=$($PROGRESS_DETAIL)
            if [[ -n $clear ]]; then
                printf '%s%s… %s s %s' "$clear" "$label" $((SECONDS - started)) "$detail" >&2
                next=$((next + 1))
            else
                say "$label… $((SECONDS - started)) s $detail"
                next=$((next + 15))
            fi
        fi
        sleep 0.2
    done
    wait "$pid" || status=$?
    trap - INT TERM
    printf '%s' "$clear" >&2
    [[ $status -ne 0 ]] || return 0
    say "$label: failed after $((SECONDS - started)) s. The end of $log:"
    tail -n 15 "$log" >&2
    return "$status"
}

# Keeps Debian's packages from starting servers of their own on the standard ports.
apt_quietly() {
    local policy=/usr/sbin/policy-rc.d made=
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | "$@" tee "$policy" >/dev/null
        "$@" chmod +x "$policy"
        made=yes
    fi
    local status=0
    "$@" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout=300 install --no-install-recommends "${PACKAGES[@]}" ||
        { "$@" apt-get -q -o DPkg::Lock::Timeout=300 update &&
            "$@" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 \
                -o DPkg::Lock::Timeout=300 install --no-install-recommends "${PACKAGES[@]}"; } ||
        status=$?
    [[ -z $made ]] || "$@" rm -f "$policy"
    return "$status"
}

install_packages() { # hint-for-macOS package…
    local brew=$1 root=(env)
    shift
    PACKAGES=("$@")
    if ! command -v apt-get >/dev/null; then
        fail "$* must be installed, and this machine has no apt-get." \
            "On macOS: brew install $brew" "Elsewhere: install them, then run this again."
    fi
    if [[ -z $FROM_ROOT ]]; then
        sudo -n true 2>/dev/null ||
            fail "$* must be installed, and this user cannot (no sudo without a password). Run:" \
                "sudo apt-get install --no-install-recommends $*"
        root=(sudo -n)
    fi
    with_progress "Installing $*" "$LOGS/apt.log" apt_quietly "${root[@]}" ||
        fail "The packages $* could not be installed."
}
