# tools.sh look | install TOOL... | means PATH FOLDER COMMAND
# look: says what a host lacks of what agents need, a line `missing TOOL` each, and how it could be installed: a line
# `by MANAGER`, after `as root` where that needs no password. install: installs it; its words go to standard error.
# means: says what a program could come by: `platform SYSTEM MACHINE LIBC`, `npm FILE` and `node VERSION` as found on
# PATH, `there yes` where FOLDER has it already, and again `by MANAGER`.
LC_ALL=C
what=$1
shift

have() {
    command -v "$1" >/dev/null 2>&1
}

manager=
for one in apt-get apk dnf yum pacman zypper brew; do
    if have "$one"; then
        manager=$one
        break
    fi
done
as_root=
if [ "$(id -u)" != 0 ] && [ "$manager" != brew ]; then
    as_root='sudo -n'
    { have sudo && sudo -n true 2>/dev/null; } || manager=
fi

look() {
    for tool in tmux git; do
        have "$tool" || echo "missing $tool"
    done
    if ! have flock && ! have perl; then echo "missing flock"; fi
}

libc() { # what programs that come ready-made are linked with: they run with no other
    if getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
        echo glibc
        return
    fi
    for file in /lib/ld-musl-* /lib*/ld-linux*; do
        case $file in
        *'*') ;;
        */ld-musl-*) echo musl && return ;;
        *) echo glibc && return ;;
        esac
    done
    [ "$(uname -s)" = Linux ] || echo own
}

means() { # PATH FOLDER COMMAND
    echo "platform $(uname -sm) $(libc)"
    (
        PATH=$1
        if have npm; then
            echo "npm $(command -v npm)"
            echo "node $(node --version 2>/dev/null)"
        fi
    )
    [ ! -x "$2/node_modules/.bin/$3" ] || echo "there yes"
}

package_of() { # TOOL: the package that brings it
    case $manager:$1 in
    *:flock) echo util-linux ;;
    brew:npm) echo node ;;
    zypper:node) echo nodejs-default ;;
    zypper:npm) echo npm-default ;;
    *:node) echo nodejs ;;
    *) echo "$1" ;;
    esac
}

add() { # PACKAGE
    case $manager in
    apt-get) $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" ;;
    apk) $as_root apk add --update-cache --no-progress "$1" ;;
    dnf | yum) $as_root "$manager" install -y -q "$1" ;;
    pacman) $as_root pacman -S --noconfirm --needed "$1" ;;
    zypper) $as_root zypper --non-interactive install "$1" ;;
    brew) brew install "$1" ;;
    esac
}

install() { # TOOL... One after the other: where node brings npm, the package npm may not be installed beside it
    if [ -z "$manager" ]; then
        echo "there is no package manager that could be used without a password" >&2
        return 69
    fi
    [ "$manager" != apt-get ] || $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq || return 1
    for tool; do
        have "$tool" || add "$(package_of "$tool")" || return 1
        hash -r
        have "$tool" || {
            echo "$tool is still not on PATH" >&2
            return 1
        }
    done
}

case $what in
look) look ;;
means) means "$@" ;;
install)
    install "$@" </dev/null >&2
    exit
    ;;
esac
if [ -n "$manager" ]; then echo "by $manager"; fi
exit 0
