# The first process of a test's host (`ssh_hosts.py` starts it in new namespaces): lays the host's own folders over this
# machine's, starts sshd, and lives until its standard input ends. Then the kernel ends whatever else runs there.
#   host.sh FOLDER NAME [SHARED...]
set -eu
folder=$1 name=$2
shift 2

hostname "$name"
mount -t proc proc /proc
mount --bind "$folder/boot_id" /proc/sys/kernel/random/boot_id
mount --bind "$folder/etc/passwd" /etc/passwd
mount --bind "$folder/etc/shadow" /etc/shadow
mount --bind "$folder/etc/ssh" /etc/ssh
for place in root run var/log var/tmp tmp; do # /tmp is the last: the folder may be below it
    for shared in "$@"; do # at the same place there as here
        case $shared in
        "/$place"/*)
            mkdir -p "$folder$shared"
            mount --bind "$shared" "$folder$shared"
            mount -o remount,bind,ro "$folder$shared"
            ;;
        esac
    done
    mount --rbind "$folder/$place" "/$place"
done
cd /
mkdir -m 755 /run/sshd
/usr/sbin/sshd -D -E /var/log/sshd.log &
exec 3<&0
cat <&3 >/dev/null &
wait "$!" # takes in orphans too
