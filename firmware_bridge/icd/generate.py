"""Makes the C codec, the Python codec, the XTCE description and the page from the definition.

`python -m firmware_bridge.icd` writes them to generated/, where they are checked in. Each has its template in
templates/, but the XTCE, which `xtce` makes.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from firmware_bridge.icd import c_codec
from firmware_bridge.icd.definition import (
    PRIMARY_HEADER,
    SIZE,
    SLOT_HEADER_BYTES,
    SPARSE_ENTRY_BYTES,
    Definition,
    load,
)
from firmware_bridge.icd.xtce import xtce

OUT = Path(__file__).parent / "generated"
MADE = "Made by `python -m firmware_bridge.icd` from messages.toml and the flight core's descriptors: do not edit."
TEMPLATES = ("icd.h", "icd.c", "icd.py", "icd.md")


def files(definition: Definition) -> dict[str, str]:
    """The text of every generated file, by name."""
    environment = Environment(
        loader=PackageLoader("firmware_bridge.icd"),
        autoescape=False,  # C, Python and Markdown
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        made=MADE,
        d=definition,
        element_bytes=SIZE,
        primary_header=PRIMARY_HEADER,
        slot_header_bytes=SLOT_HEADER_BYTES,
        sparse_entry_bytes=SPARSE_ENTRY_BYTES,
        **c_codec.view(definition),
    )
    made = {name: environment.get_template(f"{name}.j2").render() for name in TEMPLATES}
    return {"__init__.py": f'"""{MADE}"""\n', "icd.xtce.xml": xtce(definition, MADE)} | made


def main() -> None:
    """Writes the generated files."""
    OUT.mkdir(exist_ok=True)
    for name, text in files(load()).items():
        (OUT / name).write_text(text)
