"""Hook of the site: pages from outside docs/, and links between files of the repository.

The pages are written for a reader of the repository; links are rewritten when the site is built.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
# Pages of the site that lie outside docs/, by their address.
OUTSIDE = {
    "index.md": "README.md",
    "configuration.md": "config/README.md",
    "profiles.md": "profiles/README.md",
    "benchmarks.md": "benchmarks/README.md",
    "evidence/index.md": "evidence/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "code-of-conduct.md": "CODE_OF_CONDUCT.md",
    "changelog.md": "CHANGELOG.md",
}
_ADDRESS = {source: address for address, source in OUTSIDE.items()}
_LINK = re.compile(r"(?<!\\)(!?)\[((?:[^\[\]]|!?\[[^\]]*\]\([^)]*\))*)\]\(([^)\s:]+)\)")
_PICTURE = re.compile(r'(src|srcset)="([^":]+)"')
_FENCE = re.compile(r"^(\s*```.*?^\s*```)[^\S\n]*$", re.MULTILINE | re.DOTALL)
_DIAGRAM = re.compile(r"^```mermaid\n.*?^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages and pictures that lie outside docs/."""
    for address, source in OUTSIDE.items():
        files.append(File.generated(config, address, abs_src_path=str(ROOT / source)))
    for picture in sorted((ROOT / "evidence/figures").glob("*.png")):
        place = picture.relative_to(ROOT).as_posix()
        files.append(File.generated(config, place, abs_src_path=str(picture)))
    report = ROOT / "evidence/report.html"
    if report.exists():
        files.append(File.generated(config, "evidence/report.html", abs_src_path=str(report)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links to files of the repository, and drop diagrams, which need a script from a network."""
    here = page.file.src_uri
    source = OUTSIDE.get(here, f"docs/{here}")

    def link(match: re.Match) -> str:
        picture, text, target = match.groups()
        address = _address(target, source=source, here=here, files=files)
        return f"{picture}[{_LINK.sub(link, text)}]({address})" if address else text

    def picture(match: re.Match) -> str:
        return f'{match[1]}="{_address(match[2], source=source, here=here, files=files)}"'

    parts = _FENCE.split(_DIAGRAM.sub("", markdown))
    parts[::2] = [_PICTURE.sub(picture, _LINK.sub(link, part)) for part in parts[::2]]
    return "".join(parts)


def _address(target: str, *, source: str, here: str, files: Files) -> str:
    """Where a link of a file of the repository leads in the site; nothing if the site lacks its target."""
    path, mark, anchor = target.partition("#")
    if not path:
        return target
    place = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
    for candidate in (place, f"{place}/README.md"):
        found = _ADDRESS.get(candidate, candidate.removeprefix("docs/"))
        if files.get_file_from_path(found):
            return posixpath.relpath(found, posixpath.dirname(here) or ".") + mark + anchor
    if not (ROOT / place).exists():
        return target  # the strict build names it
    return ""
