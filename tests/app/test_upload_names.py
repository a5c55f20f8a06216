"""What an upload is called on this machine."""

from __future__ import annotations

import pytest

from dialerd.app.upload_folder import file_name


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("leads.csv", "leads.csv"),
        ("/home/anna/März leads.csv", "M_rz_leads.csv"),
        ("C:\\lists\\leads.csv", "leads.csv"),
        ("..", "upload.csv"),
        ("", "upload.csv"),
        ("lists/", "upload.csv"),
        (".csv", "csv"),
        ("a\0b", "a_b"),
        ("ü" * 200, "_" * 100),
    ],
)
def test_a_name_for_any_source(source: str, name: str) -> None:
    assert file_name(source) == name
