#!/bin/sh
# Makes .venv-bench, the throw-away environment of the peers. Says nothing when it is up to date.
#
# Two peers stand apart: transformer-lens 3.9, the last with HookedTransformer, lies in a folder of its own
# (its dependencies are those of 4.3); llama-cpp-python is compiled here, so it gets a time limit
# (LLAMA_MINUTES, 20 unless told) and is left out where it does not build.
set -eu

cd "$(dirname "$0")/.."

environment=.venv-bench
hooked=$environment/hooked
stamp=$environment/stamp
llama="llama-cpp-python==0.3.36"
wanted=$(cat Benchmarks/requirements.txt Benchmarks/setup.sh | cksum)

if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
  exit 0
fi

pip() {
  "$environment/bin/python" -m pip --quiet --disable-pip-version-check "$@"
}

echo "bench: installing the peers into $environment (several GB, once)" >&2
[ -x "$environment/bin/python" ] || python3 -m venv "$environment"
pip install -r Benchmarks/requirements.txt
pip install --no-deps --upgrade --target "$hooked" transformer-lens==3.9.0 better-abc==0.0.3

# GNU timeout cannot run a shell function.
echo "bench: compiling $llama (up to ${LLAMA_MINUTES:-20} minutes)" >&2
timeout "${LLAMA_MINUTES:-20}m" "$environment/bin/python" -m pip --quiet --disable-pip-version-check install "$llama" \
  >"$environment/llama.log" 2>&1 \
  || echo "bench: $llama did not build in time (see $environment/llama.log); going on without it" >&2

echo "$wanted" >"$stamp"
