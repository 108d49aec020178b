# upload.sh SOURCE TARGET [STAGING NAME]
# Copies a file or folder, with its modes, to a place that is made where needed. A target that is a folder, or ends in a
# slash, gets the source inside it; a source that is a link is what it leads to. With STAGING the source, by that NAME,
# comes out of an archive on standard input, and is put there first.
set -u
source=$1 target=$2 staging=${3-}
umask_of_user=$(umask)
if [ -n "$staging" ]; then
    umask 077
    rm -rf -- "$staging" && mkdir -p -- "$staging/in" && tar -xpof - -C "$staging/in" || exit 73
    [ "$4" = "$source" ] || mv -- "$staging/in/$4" "$staging/in/$source" || exit 73
    source=$staging/in/$source
    umask "$umask_of_user"
fi
case $target in
*/) mkdir -p -- "$target" || exit 73 ;;
*/*) mkdir -p -- "${target%/*}" || exit 73 ;;
esac
cp -RHp -- "$source" "$target"
code=$?
[ -z "$staging" ] || rm -rf -- "$staging"
exit "$code"
