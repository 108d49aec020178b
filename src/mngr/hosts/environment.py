"""The environment that an agent was given, as it stands in its folder."""

from __future__ import annotations

from mngr.transports.quoting import exported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host


def environment_of(host: Host, record: AgentRecord) -> dict[str, str]:
    """Return the variables that an agent was given."""
    written = host.run(["cat", f"{host.paths.agent(record.id)}/env"]).out
    return exported(written.decode("utf-8", "surrogateescape"))
