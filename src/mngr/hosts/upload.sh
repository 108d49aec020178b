# upload.sh SOURCE TARGET
# Copies a file or folder, with its modes, to a place that is made where needed. A target that is a folder, or ends in a
# slash, gets the source inside it.
set -u
source=$1 target=$2
case $target in
*/) mkdir -p -- "$target" || exit 73 ;;
*/*) mkdir -p -- "${target%/*}" || exit 73 ;;
esac
cp -RPp -- "$source" "$target"
