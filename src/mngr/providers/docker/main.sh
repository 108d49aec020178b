# main.sh
# What a container runs for as long as it lives. How it ends says why, to whoever lists containers:
# HUP and then TERM: mngr was asked to stop it (10). USR2: it stops itself, being idle (0). TERM alone: the engine (143).
watch() { # for idleness, if that is wanted; not yet in a copy of another host
    { read -r folder && read -r id; } </etc/mngr/host && read -r line <"$folder/host.json" &&
        [ "$line" = '{"id": "'"$id"'"}' ] && [ -f "$folder/watchdog.sh" ] && sh "$folder/watchdog.sh" ensure "$folder"
}

watch </dev/null >/dev/null 2>&1
code=143
trap 'code=10' HUP
trap 'exit 0' USR2
trap 'exit "$code"' TERM INT
while :; do
    sleep 2147483 &
    wait "$!"
done
