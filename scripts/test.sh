#!/bin/sh
# Checks everything: installs what is missing, then lints, types, layers, shell scripts and tests.
#
#   scripts/test.sh             everything (what CI runs)
#   scripts/test.sh fast        lint and the fast tests
#   scripts/test.sh lint        no tests
#   scripts/test.sh lock        write the lock files anew (needs uv)
#   scripts/test.sh -- ARGS     pytest with these arguments
#
# Needs no network once the tools are there. Nothing of the caller's environment reaches the tests.
set -eu
cd "$(dirname "$0")/.."
unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PYTHONSTARTUP PYTHONOPTIMIZE VIRTUAL_ENV CDPATH
export LC_ALL=C.UTF-8
SYSTEM_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin

# shellcheck source=scripts/engine.sh disable=SC1091 # it is checked by itself
. scripts/engine.sh

main() {
    part=${1:-all}
    case $part in
    all | fast | lint | --) ;;
    lock) write_locks && exit ;;
    *) die "unknown part: $part (all, fast, lint, lock, or -- and what pytest takes)" ;;
    esac
    say tools && install_tools && make_venv
    case $part in
    all | --) install_programs ;;
    esac
    [ "$part" = lint ] || ! can_make_hosts || start_engine
    case $part in
    all) lint && check tests run_tests && again_by_ssh && again_in_a_container ;;
    fast) lint && check tests run_tests -m "not slow" ;;
    lint) lint ;;
    --) shift && check tests run_tests "$@" ;;
    esac
    [ -z "$failed" ] || die "failed:${failed%,}"
    say "all is well: $part"
}

say() {
    printf '\n== %s\n' "$*"
}

die() {
    printf 'test.sh: %s\n' "$*" >&2
    exit 1
}

# What the tests need of the machine: a command, and Debian's package for it.
needed="tmux:tmux git:git git-lfs:git-lfs rsync:rsync shellcheck:shellcheck dash:dash busybox:busybox zsh:zsh fish:fish
ps:procps flock:util-linux node:nodejs npm:npm"
# What their own hosts are made of. They need root; who is not root has the tests of hosts skipped.
needed_by_hosts="sshd:openssh-server ssh:openssh-client unshare:util-linux ip:iproute2 nft:nftables tcsh:tcsh
unison:unison docker:docker.io dockerd:docker.io mmdebstrap:mmdebstrap"

install_tools() {
    packages=
    [ "$part" = lint ] || ! can_make_hosts || needed="$needed $needed_by_hosts"
    for pair in $needed; do
        command -v "${pair%%:*}" >/dev/null || packages="$packages ${pair##*:}"
    done
    find_python || packages="$packages python3 python3-venv"
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null || die "please install:$packages"
    as_root=
    [ "$(id -u)" = 0 ] || as_root=sudo
    # shellcheck disable=SC2086 # they are several words
    {
        $as_root apt-get update -qq
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
    } </dev/null >.apt.log 2>&1 || {
        cat .apt.log >&2
        die "could not install:$packages"
    }
    rm -f .apt.log
    find_python || die "no Python 3.11 or newer with venv"
}

can_make_hosts() {
    [ "$(uname)" = Linux ] && [ "$(id -u)" = 0 ]
}

# The system's own Python is preferred: version managers put slow scripts in front of theirs.
find_python() {
    for python in "${MNGR_TEST_PYTHON:-/usr/bin/python3}" python3.14 python3.13 python3.12 python3.11 python3; do
        "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    return 1
}

make_venv() {
    stamp=$({
        pwd
        "$python" -c 'import sys; print(sys.executable, sys.version)'
        cat pyproject.toml requirements-dev.lock scripts/mngr
        find scripts/mngr -perm -100
    } | cksum)
    [ "$(cat .venv/stamp 2>/dev/null)" != "$stamp" ] || return 0
    say "virtual environment ($python)"
    rm -rf .venv
    "$python" -m venv .venv
    .venv/bin/python -m pip install -q --require-hashes --only-binary :all: -r requirements-dev.lock
    .venv/bin/python -m pip install -q --no-deps --no-build-isolation --editable .
    case $PWD in # pip's own first line cannot name a path with spaces
    *[!A-Za-z0-9/._+-]*)
        # shellcheck disable=SC2016 # the script's own shell expands it
        printf '#!/bin/sh\nexec "$(dirname "$0")/python" "$(dirname "$0")/../../scripts/mngr" "$@"\n' >.venv/bin/mngr
        ;;
    esac
    # What an installation fetches, so that one can be tested without a network.
    awk '/^[a-z]/ { kept = /^(hatchling|packaging|pathspec|pluggy|trove-classifiers)==/ } kept' requirements-dev.lock |
        cat - requirements.lock >.venv/installed.lock
    .venv/bin/python -m pip download -q --no-deps --require-hashes --dest .venv/wheels -r .venv/installed.lock
    printf '%s\n' "$stamp" >.venv/stamp
}

# The real agent programs, in the versions that `model/versions.py` pins; kept between runs.
install_programs() {
    programs=${XDG_CACHE_HOME:-$HOME/.cache}/mngr-agents
    wanted=$(.venv/bin/python -c 'from mngr.model.versions import PINNED
print(*(f"{package}@{version}" for package, version in PINNED.values()))')
    [ "$(cat "$programs/stamp" 2>/dev/null)" != "$wanted" ] || return 0
    say "agent programs ($wanted)"
    mkdir -p "$programs"
    # shellcheck disable=SC2086 # they are several words
    npm install --prefix "$programs" --no-audit --no-fund --no-progress --loglevel=error $wanted >"$programs/log" 2>&1 || {
        cat "$programs/log" >&2
        die "could not install the agent programs"
    }
    printf '%s\n' "$wanted" >"$programs/stamp"
}

programs=
engine=
failed=

lint() {
    check "ruff check" .venv/bin/ruff check .
    check "ruff format" .venv/bin/ruff format --check .
    check "layers" .venv/bin/lint-imports
    check "shellcheck" shell_scripts
    check "documents" .venv/bin/python scripts/docs.py --check
    check "pyright" pyright
}

check() {
    say "$1"
    name=$1
    shift
    "$@" || failed="$failed $name,"
}

shell_scripts() {
    git ls-files -z --cached --others --exclude-standard -- '*.sh' .ci/run | xargs -0 shellcheck --shell=sh
}

# The type checker is in the package, and so is the Node.js that runs it: nothing is fetched.
pyright() {
    PYRIGHT_PYTHON_IGNORE_WARNINGS=1 PYRIGHT_PYTHON_NODE_VERSION='' .venv/bin/pyright
}

# Nothing of the caller's environment but what a terminal needs: secrets in it are none of the tests' business.
run_tests() {
    .venv/bin/python -m compileall -q src
    env -i PATH="$PWD/.venv/bin:$SYSTEM_PATH" HOME="$HOME" TERM="${TERM:-dumb}" LANG=C.UTF-8 CI="${CI:-}" \
        MNGR_TEST_PROGRAMS="$programs/node_modules/.bin" MNGR_TEST_DOCKER_HOST="$engine" \
        MNGR_TEST_HOST="${MNGR_TEST_HOST:-}" \
        .venv/bin/python -m pytest --numprocesses=2 --dist=worksteal "$@" </dev/null 8>&- 9>&-
}

# Tests of this machine, most of them, in which all that mngr does goes by ssh: what holds here holds there.
by_ssh="tests/actions tests/sync tests/hosts_local/test_stop.py tests/hosts_local/test_programs.py
tests/observe/test_probe.py tests/observe/test_terminal.py tests/observe/test_records.py tests/cli/test_answer.py
tests/cli/test_capture.py tests/cli/test_changes.py tests/cli/test_connect.py tests/cli/test_exec.py
tests/cli/test_looks.py tests/cli/test_message.py tests/cli/test_outbox.py tests/cli/test_talk.py
tests/cli/test_transcript.py tests/scenarios/test_failures.py
tests/scenarios/test_hostile_agents.py tests/scenarios/test_injection.py tests/scenarios/test_pitfalls.py
tests/scenarios/test_states.py"

# And into a container, through the engine, with a real agent program.
in_a_container="tests/actions/test_clone.py tests/actions/test_create.py tests/actions/test_destroy.py
tests/actions/test_foreground.py tests/actions/test_from_inside.py tests/actions/test_other_prefixes.py
tests/actions/test_programs.py tests/actions/test_reply.py tests/actions/test_stop_start.py
tests/hosts_local/test_stop.py tests/hosts_local/test_programs.py
tests/observe/test_probe.py tests/sync/test_worktree.py tests/sync/test_vault.py tests/sync/test_mirror.py
tests/sync/test_folder.py tests/cli/test_exec.py tests/cli/test_message.py tests/scenarios/test_pitfalls.py
tests/scenarios/test_states.py tests/agents/test_claude_talk.py"

again_in_a_container() {
    can_make_hosts || return 0
    MNGR_TEST_HOST=docker
    # shellcheck disable=SC2086 # they are several words
    check "tests in a container" run_tests $in_a_container
}

again_by_ssh() {
    can_make_hosts || return 0
    MNGR_TEST_HOST=ssh
    # shellcheck disable=SC2086 # they are several words
    check "tests by ssh" run_tests -m "not slow" $by_ssh
}

# Exact versions and hashes of all that is installed, without the address of any package index.
write_locks() {
    for lock in "requirements.lock" "requirements-dev.lock --group pyproject.toml:dev"; do
        # shellcheck disable=SC2086 # a file and its options
        uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o $lock
    done
}

main "$@"
