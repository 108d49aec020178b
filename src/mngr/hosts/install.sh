# install.sh FOLDER COMMAND NATIVE PATH [PACKAGE]
# Installs a program: from an npm package, by the npm on PATH; or, without PACKAGE, from an archive of such a FOLDER on
# standard input, which it asks for by a line `send`. It goes into a folder beside FOLDER, which takes its name once all
# is there. To be run under a lock: what lies half-made beside it is nobody's. Says `there` when somebody else was
# faster. NATIVE is where the program itself lies in node_modules, if what npm starts is a starter that needs Node.js.
set -u
umask 022
folder=$1 command=$2 native=$3 search=$4 package=${5-}
new=${folder%/*}/.${folder##*/}.new
program=$new/node_modules/.bin/$command
if [ -x "$folder/node_modules/.bin/$command" ]; then
    echo there
    exit 0
fi
rm -rf "$new"
mkdir -p "$new" || exit 73

end() {
    trap '' HUP INT TERM
    [ -z "${npm-}" ] || kill "$npm" 2>/dev/null
    wait
    rm -rf "$new"
    exit 130
}

fail() { # WORDS
    trap '' HUP INT TERM
    rm -rf "$new"
    echo "$*" >&2
    exit 1
}

# The user's npm may be told to leave out scripts or what is optional: the program itself comes by these. Node.js may be
# older than the package wants: it only starts the program.
run_npm() {
    PATH=$search:$PATH
    npm install --prefix "$new" --global=false --ignore-scripts=false --include=optional --engine-strict=false \
        --install-links --no-audit --no-fund --no-update-notifier --loglevel=error -- "$package" </dev/null >&2 &
    npm=$!
    wait "$npm" || fail "npm failed (exit $?)"
    [ -x "$program" ] || fail "the package $package brought no program $command"
}

start_natively() {
    [ -n "$native" ] || return 0
    for file in "$new/node_modules"/$native; do
        [ ! -x "$file" ] || ln -sf "..${file#"$new/node_modules"}" "$program"
    done
}

# Machines of one kind may still differ in what their processors can do, or in the age of their libraries.
unpack() {
    echo send
    tar -xpof - -C "$new" >&2 || fail "the archive could not be unpacked"
    start_natively
    [ -x "$program" ] || fail "the archive holds no program $command"
    said=$(env -i HOME="$new/home" PATH="$PATH" "$program" --version 2>&1 </dev/null) ||
        fail "it does not run there (exit $?): $said"
    rm -rf "${new:?}/home"
}

trap : PIPE # who is told how it ended may have gone
trap end HUP INT TERM
if [ -n "$package" ]; then
    run_npm
    start_natively
else
    unpack
fi
trap '' HUP INT TERM
rm -rf "$folder" && mv "$new" "$folder" || exit 74
echo installed
