#!/bin/sh
# A first hour with mngr, as a script: read it, or run it with `sh docs/tutorial.sh` in an empty folder.
#
# A line that begins with `#>` is what the command above it prints; `...` stands for what differs from run to run.
# With AT=@.PROVIDER in the environment the same agents live on a host of that provider.
set -eu
AT=${AT:-}

# == A project ==
# Agents work on projects. Any git repository will do; here is a small one.
mkdir shop
cd shop
git init -q -b main
git config user.name "You"
git config user.email "you@example.com"
echo "# Shop" >README.md
git add README.md
git commit -q -m "Begin"

# == Create ==
# An agent is a program at work in its own terminal, on its own branch, in its own copy of the project. This one is no
# great mind: it writes down what it is told. Whatever follows `--` is the program.
# shellcheck disable=SC2016
mngr create "fix$AT" -- sh -c 'while read -r line; do echo "$line" >>notes.txt; echo "noted: $line"; done'
#> created fix (command) in ~/.mngr/worktrees/fix-... on branch mngr/fix
# Your own folder is as it was: no new file, the same branch, nothing staged.
git status --short --branch
#> ## main
# What you have not committed comes along into the copy, and stays where it is too.
echo "call the bank" >todo.txt
mngr create "pay$AT" --label team=money -- sh -c 'cat todo.txt; exec sleep 3600'
#> created pay (command) in ~/.mngr/worktrees/pay-... on branch mngr/pay

# == Watch ==
# What is everybody doing? `fix` waits for you; `pay` is at work. (With --watch the table stays and follows.)
mngr wait fix --state waiting --timeout 20s
#> fix is waiting
mngr list --fields name,state,type,project,branch
#> NAME  STATE    TYPE     PROJECT  BRANCH
#> fix   waiting  command  shop     mngr/fix
#> pay   running  command  shop     mngr/pay
# Lists are made for scripts as well: choose by state, label, project or an expression, and take what you need.
mngr list --label team=money --format '{name} is {state} on {host.name}'
#> pay is running on ...
mngr list --include 'state == "waiting" && project == "shop"' --names
#> fix
# A state is never a guess. Ask what it was derived from.
mngr why fix
#> fix is waiting: waits for terminal input, for ...
#>   tmux          ... runs in mngr-fix, process ...
#>   terminal      waits for input  ...
#>   agent folder  it was started, and not stopped since

# == Talk ==
# A message is typed into the agent's terminal, whole or not at all.
mngr message fix "mend the login page"
#> typed to fix
mngr message fix -m "then the logout page"
#> typed to fix
mngr wait fix --state waiting --timeout 20s
#> fix is waiting

# == Look ==
# Its screen, from anywhere; `mngr connect fix` takes you there, and C-b d back again. (A script gives it a moment.)
until mngr capture fix | grep -q "noted: then"; do :; done
mngr capture fix
#> mend the login page
#> noted: mend the login page
#> then the logout page
#> noted: then the logout page
# Commands run beside it, in its workspace and with its environment.
mngr exec fix "git status --short"
#> ?? notes.txt
mngr exec fix -- cat notes.txt
#> mend the login page
#> then the logout page
# The same for several at once. (--all means every agent that you have.)
mngr exec fix pay "git branch --show-current"
#> ==> fix <==
#> mngr/fix
#> ==> pay <==
#> mngr/pay
# And what happened so far.
mngr events fix --format '{type}'
#> created
#> message
#> message

# == Stop ==
# The program ends, with all that it started. Everything else stays: workspace, branch, screen.
mngr stop fix
#> stopped fix
mngr list --stopped --names
#> fix
mngr capture fix
#> mend the login page
#> noted: mend the login page
#> then the logout page
#> noted: then the logout page

# == Start ==
# It comes back in the same workspace. After a reboot, `mngr start --all` brings back every agent that ran before it.
mngr start fix
#> started fix
mngr exec fix -- cat notes.txt
#> mend the login page
#> then the logout page

# == Fork ==
# A new agent can begin where another one is: its commits and its unfinished work.
mngr exec fix "git add notes.txt && git commit -q -m Notes && echo loose >>notes.txt"
mngr create "again$AT" --from fix -- cat
#> created again (command) in ~/.mngr/worktrees/again-... on branch mngr/again
mngr exec again -- cat notes.txt
#> mend the login page
#> then the logout page
#> loose
# Its branch is an ordinary branch of your repository: look at it, merge it.
git log --format=%s main..mngr/fix
#> Notes
mngr list --format '{name} comes from {base_branch}' --include 'name == "again"'
#> again comes from mngr/fix

# == Destroy ==
# What exists elsewhere may go without a word. What exists nowhere else may not.
mngr destroy pay
#> destroyed pay
mngr destroy fix || echo "exit code $?"
#> mngr: 'fix' holds work that exists nowhere else: ...
#> hint: commit and push it, or: mngr destroy fix --force (mngr restore fix brings it back)
#> exit code 7
mngr destroy fix --force
#> destroyed fix (mngr restore fix brings it back for 30 days)

# == Restore ==
# Even what was forced can be brought back, with the line that was never committed.
mngr restore --format '{name} {branch}' | sort
#> fix mngr/fix
#> pay mngr/pay
mngr restore fix --start
#> restored fix
mngr exec fix -- tail -n 1 notes.txt
#> loose

# == Clean up ==
# What was made here goes, by name; your other agents stay.
mngr destroy again fix --force
#> destroyed again ...
#> destroyed fix ...
mngr list --names --include 'name in ["again", "fix", "pay"]'
