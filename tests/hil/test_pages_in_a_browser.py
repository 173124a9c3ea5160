"""The reports in a real browser that has no network: nothing asked for, no error, every plot drawn."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

from hil import Log
from hil.report import render, render_campaign, summarise
from tests.hil import campaigns

# Put into the copy that the browser opens: what was laid out, and what was asked for, into an attribute.
PROBE = """<script>
addEventListener("error", e => console.error("load error", e.message), true);
addEventListener("load", () => {
  const plots = [...document.querySelectorAll("figure svg")].map(svg => {
    const box = svg.getBoundingClientRect();
    const drawn = [...svg.querySelectorAll("path, use")].filter(e => {
      const b = e.getBoundingClientRect();
      return b.width + b.height > 0;
    });
    return {width: box.width, height: box.height, drawn: drawn.length};
  });
  const asked = performance.getEntriesByType("resource").map(e => e.name);
  document.body.dataset.probe = JSON.stringify({plots, asked, wide: document.documentElement.scrollWidth});
});
</script></head>"""


def open_in_browser(page: str, folder: Path) -> tuple[dict[str, Any], list[str]]:
    """What the probe saw, and what the browser's console said."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is missing: `make test` installs it"
    file = folder / "page.html"
    file.write_text(page.replace("</head>", PROBE, 1), encoding="utf-8")
    done = subprocess.run(
        [
            chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr",
            "--window-size=1120,3000", "--dump-dom", file.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r'data-probe="([^"]*)"', done.stdout)
    assert found, done.stderr
    seen: dict[str, Any] = json.loads(unescape(found[1]))
    return seen, re.findall(r".*CONSOLE.*", done.stderr)


def assert_drawn(page: str, folder: Path, plots: int) -> None:
    seen, console = open_in_browser(page, folder)
    assert console == [] and seen["asked"] == []
    assert len(seen["plots"]) == plots
    for plot in seen["plots"]:
        assert plot["width"] > 700 and plot["height"] > 100 and plot["drawn"] > 5  # a short mission has a small graph
    assert seen["wide"] <= 1120, "nothing is wider than the page"


def test_report_of_a_run(contact_log: Log, tmp_path: Path) -> None:
    assert_drawn(render(contact_log), tmp_path, 8)


def test_report_of_a_campaign(tmp_path: Path) -> None:
    page = render_campaign(campaigns.campaign(campaigns.rows(120)))
    assert_drawn(page, tmp_path, 4)


def test_report_of_a_variance_based_campaign(tmp_path: Path) -> None:
    made = campaigns.saltelli(8)
    assert_drawn(render_campaign(made, summarise(made, sampler="saltelli")), tmp_path, 4)  # too few for drivers


def test_what_is_wrong_with_a_page_is_seen(tmp_path: Path) -> None:
    """The probe itself: a script that fails and a picture from outside are both reported."""
    bad = (
        "<html><head></head><body><script>throw new Error('x')</script><img src='http://example.org/a.png'>"
        "<figure><svg></svg></figure></body></html>"
    )
    seen, console = open_in_browser(bad, tmp_path)
    assert any("Uncaught Error: x" in line for line in console)
    assert seen["asked"] == ["http://example.org/a.png"] and seen["plots"][0]["drawn"] == 0
