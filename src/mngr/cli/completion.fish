# Completion of mngr for fish. Load it with: mngr completion fish | source

function __mngr_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$word" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$word"
            case ':folders'
                __fish_complete_directories "$word"
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c mngr -f -a '(__mngr_complete)'
