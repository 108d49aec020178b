# main.sh
# What a container runs for as long as it lives. How it ends says why, to whoever lists containers:
# HUP and then TERM: mngr was asked to stop it (10). USR2: it stops itself, being idle (0). TERM alone: the engine (143).
code=143
trap 'code=10' HUP
trap 'exit 0' USR2
trap 'exit "$code"' TERM INT
while :; do
    sleep 2147483 &
    wait "$!"
done
