"""What the documents take from the code is what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dialerd.core.disposition import MEANING, Disposition
from docs.generate import DOCUMENTS, HERE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_document_is_current(name: str) -> None:
    assert (HERE / name).read_text() == DOCUMENTS[name](), "run `make docs`"


def test_every_disposition_is_explained() -> None:
    assert set(MEANING) == set(Disposition)


def test_links_in_documents_lead_somewhere() -> None:
    broken = []
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert not broken
