#!/bin/sh
# Makes the JavaScript that draws the charts of reports (Vega, Vega-Lite, Vega-Embed; BSD-3-Clause) in .charts/.
# Says nothing when it is there.
set -eu

cd "$(dirname "$0")/.."

package="vl-convert-python==1.9.0.post1"
vega_lite="6.4"
bundle_digest="a41ac86468b106921c0a5b0d49b330c3036dafff7fba9d4018a49e712d89c468"
target=".charts/vega-bundle.js"

if [ -e "$target" ]; then
  exit 0
fi

give_up() {
  echo "setup: $1; reports are made without charts until \`make charts\` succeeds." >&2
  exit 1
}

command -v python3 >/dev/null 2>&1 || give_up "python3 is needed to make the charts' JavaScript"
python3 -m pip --version >/dev/null 2>&1 || give_up "pip is needed to make the charts' JavaScript (Debian: python3-pip)"

echo "setup: making the JavaScript of charts (downloads 32 MiB, keeps 1)" >&2
mkdir -p .charts
work=$(mktemp -d .charts/make.XXXXXX)
trap 'rm -rf "$work"' EXIT INT TERM

# The wheels of Linux and macOS on x86-64 and ARM.
cat >"$work/requirements.txt" <<REQUIREMENTS
$package \\
  --hash=sha256:3c1558fa0055e88c465bd3d71760cde9fa2c94a95f776a0ef9178252fd820b1f \\
  --hash=sha256:e6ecfe4b7e2ea9e8c30fd6d6eaea3ef85475be1ad249407d9796dce4ecdb5b32 \\
  --hash=sha256:b0e7a3245f32addec7e7abeb1badf72b1513ed71ba1dba7aca853901217b3f4e \\
  --hash=sha256:43e9515f65bbcd317d1ef328787fd7bf0344c2fde9292eb7a0e64d5d3d29fccb
REQUIREMENTS
python3 -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
  --target "$work/packages" -r "$work/requirements.txt" >/dev/null 2>"$work/log" \
  || give_up "the package $package could not be downloaded ($(tail -n 1 "$work/log"))"

PYTHONPATH="$work/packages" python3 - "$vega_lite" "$bundle_digest" "$work/vega-bundle.js" <<'PYTHON' || give_up "the bundle was not made"
import hashlib, sys
import vl_convert

version, expected, path = sys.argv[1:]
source = vl_convert.javascript_bundle("window.vega = vega; window.vegaEmbed = vegaEmbed;", version).encode()
found = hashlib.sha256(source).hexdigest()
if found != expected:
    sys.exit(f"setup: the bundle has SHA-256 {found}, expected {expected}")
with open(path, "wb") as file:
    file.write(b"/*! Vega, Vega-Lite and Vega-Embed, BSD-3-Clause, https://github.com/vega */\n" + source)
PYTHON
mv "$work/vega-bundle.js" "$target"
