# ports.sh FOLDER ID
# Says at which ports of this host somebody listens, `listening PORT` each, and what an agent calls its own, in the lines
# of its file `ports`: `named NAME PORT[/PATH]`. `looked` before all: every port that is listened at is told.
set -u
export LC_ALL=C
if [ -r /proc/net/tcp ]; then
    echo looked
    awk '$4 == "0A" {
        sub(/.*:/, "", $2)
        for (port = 0; $2 != ""; $2 = substr($2, 2)) port = port * 16 + index("123456789ABCDEF", substr($2, 1, 1))
        if (!seen[port]++) print "listening " port
    }' /proc/net/tcp /proc/net/tcp6 2>/dev/null
elif command -v netstat >/dev/null 2>&1; then
    echo looked
    netstat -an 2>/dev/null | awk '$NF == "LISTEN" { sub(/.*[.:]/, "", $4); if (!seen[$4]++) print "listening " $4 }'
fi
file=$1/agents/$2/ports
if [ -f "$file" ] && [ ! -L "$file" ]; then
    head -c 10000 "$file" | sed -n 's/^\([a-z0-9-]\{1,63\}\)[ =:]\{1,\}\([0-9]\{1,5\}\)\(\/[!-~]*\)\{0,1\}$/named \1 \2\3/p'
fi
exit 0
