# install.sh FOLDER COMMAND PACKAGE
# Installs a program from an npm package: into a folder beside FOLDER, which takes its name once all is there. To be run
# under a lock: what lies half-made beside it is nobody's. Says `there` when somebody else was faster.
set -u
umask 022
folder=$1 command=$2 package=$3
new=${folder%/*}/.${folder##*/}.new
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
trap end HUP INT TERM
# The user's npm may be told to leave out scripts or what is optional: the program itself comes by these. Node.js may be
# older than the package wants: it only starts the program.
npm install --prefix "$new" --global=false --ignore-scripts=false --include=optional --engine-strict=false \
    --install-links --no-audit --no-fund --no-update-notifier --loglevel=error -- "$package" </dev/null >&2 &
npm=$!
wait "$npm" || {
    code=$?
    rm -rf "$new"
    echo "npm failed (exit $code)" >&2
    exit 1
}
trap '' HUP INT TERM
if [ ! -x "$new/node_modules/.bin/$command" ]; then
    rm -rf "$new"
    echo "the package $package brought no program $command" >&2
    exit 1
fi
rm -rf "$folder" && mv "$new" "$folder" || exit 74
echo installed
