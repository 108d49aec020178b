"""The environment that an agent was given, as it stands in its folder, and what all agents of its host are."""

from __future__ import annotations

from mngr.transports.quoting import export, exported

TYPE_CHECKING = False
if TYPE_CHECKING:
    from mngr.model.agent import AgentRecord
    from mngr.transports.host import Host


def environment_of(host: Host, record: AgentRecord) -> dict[str, str]:
    """Return the variables that an agent was given."""
    written = host.run(["cat", f"{host.paths.agent(record.id)}/env"]).out
    return exported(written.decode("utf-8", "surrogateescape"))


def set_host_environment(host: Host, variables: dict[str, str]) -> None:
    """Set what all agents of a host are given, before what each is given of its own."""
    text = "".join(export(name, content) for name, content in variables.items())
    host.script(["hosts/host_env.sh", host.paths.folder], text.encode("utf-8", "surrogateescape"))
