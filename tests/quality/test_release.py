"""What a release names its version in: the package, the citation and the changelog agree."""

import re
import tomllib

import yaml

from tests.quality.out_of_tree import ROOT

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
TEMPLATES = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def test_version_is_the_same_everywhere() -> None:
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert citation["version"] == VERSION
    first = rf"\n## Unreleased\n(?:(?!## ).*\n)*## {re.escape(VERSION)} - {citation['date-released']}\n"
    assert re.search(first, changelog)


def test_issue_forms_ask_for_something() -> None:
    assert [path.stem for path in TEMPLATES] == ["bug", "feature", "mission"]
    for path in TEMPLATES:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert form["name"] and form["description"]
        assert len({field["id"] for field in form["body"]}) == len(form["body"]) >= 3
        assert any(field.get("validations", {}).get("required") for field in form["body"])
