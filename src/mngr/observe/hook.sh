# hook SOURCE WORD: what an agent's program calls when something happens; its report is on standard input.
# Appends a sign, and an event for those who read on. Words: session, begun, ended, interrupted, failed, asked, answered, closed.
# A nested run of the same program has the same environment, and says nothing about the agent.
umask 077
export LC_ALL=C
cd "$MNGR_AGENT_STATE_DIR" 2>/dev/null || exit 0
source=$1 word=$2
case ${CLAUDE_PID:-${MNGR_PROGRAM_PID:-}} in
"${MNGR_PROGRAM_PID:-}") ;;
*) exit 0 ;;
esac
now=$(date -u '+%s.%N %Y-%m-%dT%H:%M:%SZ')
at=${now%% *} time=${now#* }
at=${at%N}
case $at in
*.*) at=${at%"${at#*.???}"} ;;
esac

report() { # the report as one line, of a size that can be looked at often
    { head -c 16000 && cat >/dev/null; } | tr '\n\r\t' '   '
}

field() { # NAME: the first text of that name in the report, as it is written there
    printf '%s' "$report" | awk -v name="\"$1\"" '{
        at = index($0, name)
        if (!at) exit
        rest = substr($0, at + length(name))
        if (match(rest, /^ *: *"[^"]*"/)) {
            text = substr(rest, 1, RLENGTH)
            sub(/^ *: *"/, "", text); sub(/"$/, "", text)
            print text
        }
    }'
}

case $word in
begun)
    kind=turn_begun
    report=$(report)
    [ -z "$(field agent_id)" ] || exit 0 # a sub-agent's
    # What was before a turn's begin says nothing any more.
    printf '%s %s %s\n' "$at" "$source" "$word" >"signs.$$" && mv "signs.$$" signs
    ;;
session)
    kind=conversation
    report=$(report)
    id=$(field session_id) path=$(field transcript_path)
    case $id in
    '' | *[!A-Za-z0-9_-]*) exit 0 ;;
    esac
    # A conversation that is carried on is the last one still.
    last=$(tail -n 1 conversations 2>/dev/null | cut -d ' ' -f 2,3)
    [ "$last" = "$id $path" ] || printf '%s %s %s\n' "$at" "$id" "$path" >>conversations
    printf '%s %s %s\n' "$at" "$source" "$word" >>signs
    ;;
asked | failed)
    kind=dialog_opened
    [ "$word" = asked ] || kind=turn_failed
    report >"asked.$$" && mv "asked.$$" asked
    printf '%s %s %s\n' "$at" "$source" "$word" >>signs
    ;;
answered) # programs say it of every tool that ran; only a dialog can be answered
    kind=dialog_closed
    cat >/dev/null
    case $(tail -n 1 signs 2>/dev/null) in
    *' asked') printf '%s %s %s\n' "$at" "$source" "$word" >>signs ;;
    *) exit 0 ;;
    esac
    ;;
ended | interrupted | closed)
    kind=turn_$word
    [ "$word" != closed ] || kind=program_closed
    report=$(report)
    [ "$word" = closed ] || [ -z "$(field agent_id)" ] || exit 0
    printf '%s %s %s\n' "$at" "$source" "$word" >>signs
    ;;
*) exit 0 ;;
esac
printf '{"time": "%s", "source": "%s", "type": "%s"}\n' "$time" "$source" "$kind" >>events.jsonl
exit 0
