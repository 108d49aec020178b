# tools.sh look | install TOOL...
# look: says what a host lacks of what agents need, a line `missing TOOL` each, and how it could be installed: a line
# `by MANAGER`, after `as root` where that needs no password. install: installs it; its words go to standard error.
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

if [ "$what" = look ]; then
    for tool in tmux git; do
        have "$tool" || echo "missing $tool"
    done
    if ! have flock && ! have perl; then echo "missing flock"; fi
    if [ -n "$manager" ]; then echo "by $manager"; fi
    exit 0
fi

packages=
for tool; do
    case $tool in
    flock) packages="$packages util-linux" ;;
    *) packages="$packages $tool" ;;
    esac
done
# shellcheck disable=SC2086 # they are several words
case $manager in
apt-get)
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
    ;;
apk) $as_root apk add --no-progress $packages ;;
dnf | yum) $as_root "$manager" install -y -q $packages ;;
pacman) $as_root pacman -S --noconfirm --needed $packages ;;
zypper) $as_root zypper --non-interactive install $packages ;;
brew) brew install $packages ;;
*)
    echo "there is no package manager that could be used without a password" >&2
    exit 69
    ;;
esac </dev/null >&2 || exit 1
for tool; do
    have "$tool" || {
        echo "$tool is still not on PATH" >&2
        exit 1
    }
done
