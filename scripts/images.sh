#!/bin/sh
# Makes the images that tests of Docker start from, as files for `docker import`. Needs root and Debian's packages.
#
#   scripts/images.sh FOLDER      FOLDER/base.tar: a small Debian with what mngr needs of a host
#                                 FOLDER/busybox.tar: nothing but busybox
set -eu
umask 022
folder=$1
packages=openssh-server,git,tmux,rsync,procps,ca-certificates,unison
packages=$packages,nftables,iproute2,busybox-static # for rules on the network, and for getting around them

# Nobody reads in it, and a host has keys of its own.
# shellcheck disable=SC2016 # mmdebstrap's shell expands it
mmdebstrap --quiet --variant=minbase --include="$packages" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --customize-hook='rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/hostname "$1"/etc/resolv.conf' \
    bookworm "$folder/base.tar" http://deb.debian.org/debian

root=$folder/busybox
for each in bin etc root tmp var/tmp; do mkdir -p "$root/$each"; done
chmod 700 "$root/root"
chmod 1777 "$root/tmp" "$root/var/tmp"
tar -xOf "$folder/base.tar" ./usr/bin/busybox >"$root/bin/busybox"
chmod 755 "$root/bin/busybox"
chroot "$root" /bin/busybox --install -s /bin
echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
tar -cf "$folder/busybox.tar" -C "$root" .
rm -r "$root"
