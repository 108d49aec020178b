#!/bin/sh
# Installs mngr for the user who runs it, and what it needs.
#
#   scripts/install.sh               install, or install again what is newer
#   scripts/install.sh --try         and create a first agent, in a worktree of this clone
#   scripts/install.sh --uninstall   take it away; agents and their work stay
#   --yes                            do not ask before installing system packages
#
# Python's packages go into ~/.local/share/mngr, the command into ~/.local/bin. Nothing else is changed.
set -eu
umask 022
root=$(cd "$(dirname "$0")/.." && pwd)
share=${XDG_DATA_HOME:-$HOME/.local/share}/mngr
bin=$HOME/.local/bin
command=$bin/mngr
unset PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PYTHONOPTIMIZE VIRTUAL_ENV CDPATH
yes=false
try=false

main() {
    for word in "$@"; do
        case $word in
        --try) try=true ;;
        --yes | -y) yes=true ;;
        --uninstall) uninstall && exit ;;
        --help | -h) sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0" && exit ;;
        *) die "unknown option: $word" "see: scripts/install.sh --help" 2 ;;
        esac
    done
    install_tools
    install_mngr
    if $try; then first_agent; fi
    next_steps
}

say() { # LINE...
    printf '%s\n' "$@"
}

die() { # MESSAGE HINT [CODE]
    printf 'install.sh: %s\nhint: %s\n' "$1" "$2" >&2
    exit "${3:-1}"
}

# What mngr needs of the machine: a command, and the package that has it.
needed="tmux:tmux git:git rsync:rsync flock:util-linux ps:procps"

install_tools() {
    missing=
    for pair in $needed; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || [ "$(uname)${pair%%:*}" = Darwinflock ] ||
            missing="$missing ${pair##*:}"
    done
    find_python || missing="$missing python3"
    [ -n "$missing" ] || return 0
    if command -v apt-get >/dev/null 2>&1; then
        with_apt "$(printf '%s' "$missing" | sed 's/python3/python3 python3-venv/')"
    elif command -v brew >/dev/null 2>&1; then
        confirm "brew install$missing"
        # shellcheck disable=SC2086 # they are several words
        brew install $missing </dev/null
    else
        die "missing:$missing" "install these with your system's package manager, then run this again"
    fi
    find_python || die "there is no Python 3.11 or newer" "install one, then run this again"
}

with_apt() { # PACKAGES
    as_root=
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || die "missing:$1" "as root: apt-get install$1"
        as_root=sudo
    fi
    confirm "${as_root:+sudo }apt-get install$1"
    $as_root apt-get update -qq </dev/null
    # shellcheck disable=SC2086 # they are several words
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $1 </dev/null >/dev/null
}

# Ask before a system package is installed, where there is somebody to ask.
confirm() {
    say "This machine lacks something. To be run: $1"
    if $yes || ! [ -t 0 ]; then return 0; fi
    printf 'Go on? [Y/n] '
    read -r answer
    case $answer in
    '' | [yY]*) ;;
    *) die "stopped; nothing was changed" "run it yourself, then this again" ;;
    esac
}

# The system's own Python is preferred: version managers put slow scripts in front of theirs.
find_python() {
    for python in /usr/bin/python3 python3.14 python3.13 python3.12 python3.11 python3; do
        "$python" -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    return 1
}

# A new version is made beside the old one, and counts from the moment the link points to it.
install_mngr() {
    version=$share/versions/$(date -u +%Y%m%d%H%M%S)-$$
    say "Installing into $share"
    mkdir -p "$share/versions" "$bin"
    trap 'rm -rf "$version"' EXIT
    "$python" -m venv "$version"
    pip install -q --require-hashes --only-binary :all: -r "$root/requirements.lock"
    pip install -q --no-deps "$root"
    "$version/bin/python" -m compileall -q "$version/lib" || :
    launcher
    "$version/bin/mngr" --version >/dev/null || die "the installed program does not start" "see above"
    # Each start of Python reads what these two leave in site-packages.
    pip uninstall -q -y setuptools pip
    old=$(readlink "$command" 2>/dev/null || :)
    ln -s "$version/bin/mngr" "$command.$$" && mv -f "$command.$$" "$command"
    trap - EXIT
    for other in "$share"/versions/*; do # the last one stays for what still runs
        [ "$other" = "$version" ] || [ "$other/bin/mngr" = "$old" ] || rm -rf "$other"
    done
}

pip() {
    "$version/bin/python" -I -m pip --disable-pip-version-check "$@"
}

# Python starts isolated: neither PYTHONPATH nor a folder's own modules come in between. A path that cannot stand in
# the first line of a script gets a shell in front.
launcher() {
    file=$version/bin/mngr
    case $version in
    *[!A-Za-z0-9/._+-]*) spaced=true ;;
    *) spaced=false ;;
    esac
    if $spaced || [ "${#version}" -gt 100 ]; then
        mv "$file" "$version/bin/mngr.py"
        quoted=$(printf '%s' "$version" | sed "s/'/'\\\\''/g")
        printf '#!/bin/sh\nexec '\''%s/bin/python'\'' -I '\''%s/bin/mngr.py'\'' "$@"\n' "$quoted" "$quoted" >"$file"
    else
        { printf '#!%s/bin/python -I\n' "$version" && sed 1d "$file"; } >"$file.new"
        mv "$file.new" "$file"
    fi
    chmod 755 "$file"
}

first_agent() {
    git -C "$root" rev-parse --verify -q HEAD >/dev/null || die "$root has no commit to start from" "clone it with git"
    say "" "Creating a first agent: mngr create first shell --from '$root' --no-connect --reuse"
    "$command" create first shell --from "$root" --no-connect --reuse
    "$command" list
}

next_steps() {
    say "" "mngr $("$command" --version | sed 's/^mngr //') is installed: $command"
    case :$PATH: in
    *:"$bin":*) ;;
    *) say "  put it on your PATH:     export PATH=\"$bin:\$PATH\"    (and add that to ~/.profile)" ;;
    esac
    if $try; then
        say "  look at the agent:       mngr list --watch"
        say "  go to its terminal:      mngr connect first    (detach with Ctrl-b d)"
    else
        say "  create an agent:         cd YOUR_PROJECT && mngr create"
    fi
    say "  see what else there is:  mngr help"
}

uninstall() {
    case $(readlink "$command" 2>/dev/null || :) in
    "$share"/*) rm -f "$command" ;;
    esac
    rm -rf "$share"
    say "mngr is gone. Agents and their work stay in ${MNGR_HOST_DIR:-$HOME/.mngr}."
}

main "$@"
