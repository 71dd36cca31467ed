"""Every kind of mistake in a manifest, by its folder in tests/cases/manifests."""

from pathlib import Path

import pytest

from millesime.problems import ManifestError
from millesime.series.series import load_series

CASES = Path(__file__).resolve().parent.parent / "cases" / "manifests"
FOLDERS = sorted(folder for folder in CASES.iterdir() if folder.is_dir())


def copy_manifests(case: Path, root: Path) -> Path:
    """Lay the manifests of one case out as a report has them."""
    editions = root / "editions"
    editions.mkdir()
    for path in case.iterdir():
        if path.name != "expected.txt":
            (editions / path.name).write_bytes(path.read_bytes())
    return root


@pytest.mark.parametrize("case", FOLDERS, ids=lambda folder: folder.name)
def test_a_wrong_manifest_says_where_what_and_what_to_do(case: Path, tmp_path: Path, update_golden: bool):
    with pytest.raises(ManifestError) as raised:
        load_series(copy_manifests(case, tmp_path))
    seen = f"{raised.value}\n"
    expected = case / "expected.txt"
    if update_golden:
        expected.write_text(seen, encoding="utf-8")
    assert seen == expected.read_text(encoding="utf-8")
    for line in seen.splitlines():
        assert line.startswith("editions"), "no line without its file"
        assert "; " in line, f"nothing says what to do: {line}"


def test_there_are_at_least_24_kinds_of_mistakes():
    assert len(FOLDERS) >= 24
