"""Prints requirements out of pyproject.toml, one a line: `build`, `run` or the name of an optional extra.

An extra that takes in other extras of the project, `proxops[a,b]`, is spelt out: the project itself is not on an index.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

pyproject = tomllib.loads(Path("pyproject.toml").read_text())
groups = {
    "build": pyproject["build-system"]["requires"],
    "run": pyproject["project"]["dependencies"],
    **pyproject["project"]["optional-dependencies"],
}


def requirements(name: str) -> Iterator[str]:
    """The requirements of a group, those of the extras it takes in among them."""
    for requirement in groups[name]:
        own = re.fullmatch(rf"{pyproject['project']['name']}\[([\w,\s-]+)\]", requirement)
        if own is None:
            yield requirement
            continue
        for extra in own[1].split(","):
            yield from requirements(extra.strip())


for group in sys.argv[1:]:
    print(*requirements(group), sep="\n")
