# upload.sh SOURCE TARGET [STAGING]
# Copies a file or folder, with its modes, to a place that is made where needed. A target that is a folder, or ends in a
# slash, gets the source inside it. With STAGING the source is below that, out of an archive on standard input.
set -u
source=$1 target=$2 staging=${3-}
umask_of_user=$(umask)
if [ -n "$staging" ]; then
    umask 077
    rm -rf -- "$staging" && mkdir -p -- "$staging" && tar -xpof - -C "$staging" || exit 73
    umask "$umask_of_user"
fi
case $target in
*/) mkdir -p -- "$target" || exit 73 ;;
*/*) mkdir -p -- "${target%/*}" || exit 73 ;;
esac
cp -RPp -- "$source" "$target"
code=$?
[ -z "$staging" ] || rm -rf -- "$staging"
exit "$code"
