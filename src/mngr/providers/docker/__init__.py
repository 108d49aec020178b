"""Provider `docker`: containers as hosts."""

from mngr.providers.docker.provider import DockerProvider

PLUGIN = DockerProvider
