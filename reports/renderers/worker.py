"""`python -m reports.renderers.worker`: a frozen document as JSON on stdin, its PDF on stdout.

A process of its own, so that it can be killed, and so that V8 never lives in a process that forks. It has no database, no
settings and no network. Exit status 0: the PDF; 2: refused, with the reason in Chinese on stderr.
"""

import json
import os
import resource
import sys
import warnings
from pathlib import Path

# Before WeasyPrint is loaded: fontconfig reads it once.
os.environ["FONTCONFIG_FILE"] = str(Path(__file__).resolve().parent / "fonts.conf")
warnings.filterwarnings("ignore", message="No fonts configured")

from django.conf import settings  # noqa: E402

from reports.renderers.fonts import FontError  # noqa: E402
from reports.renderers.pdf import UnprintableError, document_pdf  # noqa: E402

REFUSED = 2


def main() -> int:
    # Whoever asked may be gone: an orphan does not run for ever.
    seconds = int(os.environ.get("RENDER_SECONDS", "60"))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # Templates print text and numbers that are text already; no language, no time zone.
    settings.configure(USE_I18N=False, USE_TZ=False)
    document = json.loads(sys.stdin.buffer.read())
    try:
        pdf = document_pdf(document, font_dir=os.environ.get("FONT_DIR", ""))
    except (FontError, UnprintableError) as error:
        sys.stderr.write(str(error))
        return REFUSED
    sys.stdout.buffer.write(pdf)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
