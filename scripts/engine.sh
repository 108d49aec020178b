# A Docker engine for the tests, and its images; part of test.sh, which has it start one and end it.
#
# Runs of tests share it: the first starts it and the last ends it. Between runs it keeps the images only. An engine that
# the machine has anyway is used in its place, and left as it is.

engine_state=/run/mngr-test
engine_cache=${XDG_CACHE_HOME:-$HOME/.cache}/mngr-images

start_engine() {
    say "docker engine"
    mkdir -p "$engine_state" "$engine_cache"
    chmod 700 "$engine_state"
    exec 8>"$engine_state/turn" 9>"$engine_state/users"
    flock 8
    engine=unix:///var/run/docker.sock
    if ! engine_answers; then
        engine=unix://$engine_state/docker.sock
        flock --shared 9
        trap end_engine EXIT
        trap 'exit 129' HUP
        trap 'exit 130' INT
        trap 'exit 143' TERM
        engine_answers || launch_engine
    fi
    load_images
    flock --unlock 8
}

end_engine() {
    flock 8
    if flock --nonblock 9 && pid=$(cat "$engine_state/pid"); then # nobody else uses it
        clear_engine
        kill "$pid"
        wait_for "end of the docker engine" engine_is_gone
        ip link del docker0
    fi
    exec 8>&- 9>&-
}

launch_engine() {
    rm -f "$engine_state/pid"
    setsid env -i PATH="$SYSTEM_PATH" dockerd --host "$engine" --log-level warn --pidfile "$engine_state/pid" \
        --data-root "$engine_cache/engine" --exec-root "$engine_state/exec" </dev/null >"$engine_state/log" 2>&1 8>&- 9>&- &
    pid=$!
    wait_for "docker engine" engine_answers
    clear_engine
}

engine_answers() {
    on_engine version >/dev/null 2>&1
}

engine_is_gone() {
    ! kill -0 "$pid" 2>/dev/null
}

wait_for() {
    tries=0
    until "$2"; do
        tries=$((tries + 1))
        if [ "$tries" = 600 ] || { [ "$2" = engine_answers ] && engine_is_gone; }; then
            tail -n 20 "$engine_state/log" >&2
            die "no $1"
        fi
        sleep 0.1
    done
}

# What runs that were killed have left.
clear_engine() {
    on_engine container ls --all --quiet | xargs -r docker --host "$engine" container rm --force --volumes
    on_engine network ls --quiet --filter type=custom | xargs -r docker --host "$engine" network rm
    on_engine volume ls --quiet | xargs -r docker --host "$engine" volume rm --force
    on_engine image ls --format '{{.ID}} {{.Repository}}' | sed '/ mngr-test-/d; s/ .*//' |
        xargs -r docker --host "$engine" image rm --force
} >/dev/null

on_engine() {
    docker --host "$engine" "$@"
}

load_images() {
    key=$(cksum <scripts/images.sh | tr ' ' -)
    if [ ! -d "$engine_cache/$key" ]; then
        say "images for tests (once, about a minute)"
        rm -rf "$engine_cache/new"
        mkdir "$engine_cache/new"
        scripts/images.sh "$engine_cache/new" >"$engine_cache/log" 2>&1 8>&- 9>&- || {
            cat "$engine_cache/log" >&2
            die "could not make the images"
        }
        mv "$engine_cache/new" "$engine_cache/$key"
    fi
    for image in base busybox; do
        [ "$(on_engine image inspect --format '{{.Comment}}' "mngr-test-$image" 2>/dev/null)" = "$key" ] ||
            on_engine import --message "$key" --change 'CMD ["sh"]' \
                "$engine_cache/$key/$image.tar" "mngr-test-$image" >/dev/null
    done
}
