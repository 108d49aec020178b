"""The page on transcripts says all that there is in one."""

from __future__ import annotations

from mngr.cli.entry_lines import FIELDS
from mngr.cli.help import topic_text
from mngr.model.conversation import KINDS, ROLES


def test_the_page_names_each_field_role_and_kind() -> None:
    words = topic_text("transcripts").replace(",", " ").split()
    assert [name for name in FIELDS if name.rpartition(".")[2] not in words] == []
    assert [word for word in (*ROLES, *KINDS) if word not in words] == []
