#compdef mngr
# Completion of mngr for zsh. Load it with: eval "$(mngr completion zsh)"

_mngr() {
    local line text meaning
    local -a texts shown
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        text=${line%%$'\t'*}
        meaning=${line#"$text"}
        meaning=${meaning#$'\t'}
        case $text in
        '') ;;
        :files) [[ $PREFIX == --*=* ]] && compset -P '*='; _files && return ;;
        :folders) [[ $PREFIX == --*=* ]] && compset -P '*='; _files -/ && return ;;
        *)
            texts+=("$text")
            shown+=("$text${meaning:+  -- $meaning}")
            ;;
        esac
    done
    (( ${#texts} )) && compadd -l -d shown -- "${texts[@]}"
}

if (( ! ${+functions[compdef]} )); then
    autoload -Uz compinit && compinit
fi
compdef _mngr mngr
