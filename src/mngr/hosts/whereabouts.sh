# whereabouts.sh FOLDER ID SOCKET
# Says where an agent's session is, if it has one: SESSION_ID SOCKET_PATH SESSION_NAME.
folder=$1 id=$2 socket=$3
where=-L
if [ -s "$folder/agents/$id/tmux" ] && read -r at 2>/dev/null <"$folder/agents/$id/tmux"; then where=-S socket=$at; fi # the server it was started on
tmux -u "$where" "$socket" list-sessions -f "#{==:#{@mngr_agent},$id}" -F '#{session_id} #{socket_path} #{session_name}' \
    2>/dev/null | head -n 1
