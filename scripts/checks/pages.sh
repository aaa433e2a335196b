#!/bin/sh
# Opens example pages in headless Chromium and uses them; pictures go to .build/pages or the folder that is named.
set -eu

cd "$(dirname "$0")/../.."
environment=.venv-pages
for program in chromium chromedriver pdftoppm; do
  command -v "$program" >/dev/null 2>&1 || {
    echo "test-pages: $program is needed (Debian: apt-get install chromium chromium-driver poppler-utils)" >&2
    exit 1
  }
done
if [ ! -x "$environment/bin/python" ]; then
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r scripts/checks/requirements-pages.txt
fi
exec "$environment/bin/python" scripts/checks/pages.py "$@"
