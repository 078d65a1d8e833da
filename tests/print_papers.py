"""`python -m tests.print_papers FOLDER`: documents as JSON on stdin, by name, each printed to FOLDER/name.pdf.

As the worker prints one, for many: starting Python, V8 and the fonts takes longer than printing a short bulletin.
"""

import json
import sys
from pathlib import Path

from django.conf import settings

# Sets up the fonts before WeasyPrint is loaded.
import reports.renderers.worker  # noqa: F401
from reports.renderers.registry import render


def main(folder: Path) -> None:
    settings.configure(USE_I18N=False, USE_TZ=False)
    for name, document in json.load(sys.stdin).items():
        (folder / f"{name}.pdf").write_bytes(render(document, "pdf"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
