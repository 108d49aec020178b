# Completion of mngr for bash. Load it with: eval "$(mngr completion bash)"

_mngr_complete() {
    local line=${COMP_LINE:0:COMP_POINT} word=${2-} own text cut
    local -a words=()
    read -ra words <<<"$line"
    case $line in
    *[[:space:]]) words+=('') ;;
    esac
    own=${words[${#words[@]} - 1]}
    # bash splits words at = : and @ as well (of which it keeps the @); candidates are whole words, so what stands
    # before is taken off again.
    case $word in
    '=' | ':') word= ;;
    esac
    cut=${own%"$word"}
    COMPREPLY=()
    while IFS=$'\t' read -r text _; do
        case $text in
        :files) _mngr_names -f "$word" ;;
        :folders) _mngr_names -d "$word" ;;
        *) COMPREPLY+=("${text#"$cut"}") ;;
        esac
    done < <("${words[0]}" __complete "${words[@]:1}" 2>/dev/null)
    case ${COMPREPLY[0]-} in
    *=) compopt -o nospace 2>/dev/null ;;
    esac
}

# The names of files (-f) or folders (-d) that begin so; bash 3.2, the one of macOS, has neither mapfile nor compopt.
_mngr_names() {
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        COMPREPLY+=("$name")
    done < <(compgen "$1" -- "$2")
}

complete -F _mngr_complete mngr
