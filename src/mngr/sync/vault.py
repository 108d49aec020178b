"""Destroyed workspaces: put away whole, kept alive under hidden refs, brought back."""

from __future__ import annotations

from mngr.model.errors import CommandError, UserError
from mngr.model.value import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from mngr.model.agent import Workspace
    from mngr.transports.host import Host


def put_away(host: Host, workspace: Workspace, folder: str, agent_id: str, remove_branch: bool) -> None:
    """Move a workspace to `folder`/workspace, with git's state of it, and keep its commits alive in its repository.

    The branch goes if asked, or if mngr made it and it is still where it began. What was interrupted is carried to
    its end by another call.
    """
    if workspace.mode == "none" or not workspace.made:
        return
    when = "always" if remove_branch else "unused" if workspace.branch_made else "never"
    words = [workspace.folder, folder, workspace.repository or "", agent_id]
    host.script(["sync/vault.sh", "put", *words, workspace.branch or "", when, workspace.base_commit or ""])


def bring_back(
    host: Host, workspace: Workspace, folder: str, agent_id: str, note: Callable[[str], None] | None = None
) -> Workspace:
    """Move a workspace back to its place and return it; what was interrupted is carried to its end by another call.

    Its branch is made again if it is gone. If the branch has moved or is checked out elsewhere, the workspace comes
    back at its commit, without a branch, and a note says so. Raises UserError when its place is taken or its repository
    is gone.
    """
    if workspace.mode == "none" or not workspace.made:
        return workspace
    words = [workspace.folder, folder, workspace.repository or "", agent_id]
    result = host.script(["sync/vault.sh", "back", *words], check=False)
    if result.code != 0:
        raise _explained(workspace, result.complaint)
    if not result.out:
        return workspace
    if note is not None:
        note(f"{workspace.folder} is back without its branch, at its commit: {result.text.strip()}")
    return replace(workspace, branch=None, branch_made=False)


def forget(host: Host, workspace: Workspace, agent_id: str) -> None:
    """Let go of what the repository kept alive for a workspace that was put away."""
    if workspace.repository:
        host.script(["sync/vault.sh", "forget", workspace.repository, agent_id])


def _explained(workspace: Workspace, complaint: str) -> UserError:
    if complaint == f"the folder {workspace.folder} exists":
        return UserError(complaint, hint=f"move it away: mv {workspace.folder} {workspace.folder}.old")
    return CommandError(f"the workspace could not be brought back: {complaint}")
