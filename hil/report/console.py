"""Output to the terminal, always as text and never as markup.

rich reads square brackets and `:names:` in a string as instructions. Titles, paths and error texts hold both, so
here every string is taken literally, and style is given beside the text: `styled(("PASS", "green"), " in time")`.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.progress import TextColumn
from rich.text import Text

from hil.report.wording import visible


class Terminal(Console):
    """A rich console without markup, emoji codes or guesses what a word is; control characters are shown, not sent."""

    def __init__(self, **options: Any):
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """A string as it is; cells, headings and titles of tables come here too."""
        return super().render_str(visible(text), **options)


def styled(*parts: str | tuple[str, str]) -> Text:
    """One line of parts, each a text or a text with its style."""
    return Text.assemble(
        *((visible(part), "") if isinstance(part, str) else (visible(part[0]), part[1]) for part in parts)
    )


def column(template: str) -> TextColumn:
    """A column of a progress bar, such as "{task.description}"."""
    return TextColumn(template, markup=False)
