#!/bin/sh
# Makes .venv-notebooks, the Python that runs the notebooks. Says nothing when it is up to date.
set -eu

cd "$(dirname "$0")/.."

environment=.venv-notebooks
requirements=scripts/notebooks/requirements.txt
stamp=$environment/stamp
wanted=$(cksum <"$requirements")

if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

give_up() {
  echo "setup: $1" >&2
  exit 1
}

command -v python3 >/dev/null 2>&1 || give_up "python3 is needed to run the notebooks"
echo "setup: installing what notebooks need into $environment (100 MB, once)" >&2
[ -x "$environment/bin/python" ] || python3 -m venv "$environment" 2>/dev/null \
  || give_up "python3 cannot make a virtual environment (Debian: apt-get install python3-venv)"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >"$environment/log" 2>&1 \
  || give_up "the packages of $requirements could not be installed ($(tail -n 1 "$environment/log"))"
echo "$wanted" >"$stamp"
