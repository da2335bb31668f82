# shellcheck shell=bash
# The browser of the end-to-end tests: a program to have, not a server to run.

chromium_path() {
    local candidate
    for candidate in "${CHROMIUM:-}" chromium chromium-browser google-chrome \
        "/Applications/Chromium.app/Contents/MacOS/Chromium" \
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        if [[ -n $candidate ]] && command -v "$candidate"; then return; fi
    done
}

chromium_up() {
    [[ -n $(chromium_path) ]] || install_packages "--cask chromium" chromium
    [[ -n $(chromium_path) ]] || fail "Chromium is installed but was not found."
    chromium_path
}

chromium_down() { :; }

chromium_status() {
    local path
    path=$(chromium_path)
    printf '%-14s %s\n' chromium "${path:-not installed}"
    [[ -n $path ]] || return 3
}

chromium_env() {
    local path
    path=$(chromium_path)
    [[ -z $path ]] || printf 'export CHROMIUM=%q\n' "$path"
}
