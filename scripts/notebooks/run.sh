#!/bin/sh
# Runs notebooks and writes each cell's output below it: scripts/notebooks/run.sh [--small] [NOTEBOOK.md ...]
#
# Cells run in the repository's root with plumb on the PATH. With --small they run in a copy of it that has an eighth
# of the prompts and leave out what takes minutes, to see that cells work; the notebooks keep their outputs.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD
small=
if [ "${1:-}" = --small ]; then
  small=yes
  shift
fi
[ $# -gt 0 ] || set -- notebooks-md/*.md

if [ "$small" ]; then
  copy=.build/notebooks
  rm -rf "$copy"
  mkdir -p "$copy/data"
  cp -r notebooks-md "$copy"
  ln -s "$root/scripts" "$root/.models" "$root/.charts" "$copy"
  ln -s "$root/data/adapters" "$copy/data"
  for prompts in data/*.jsonl; do
    awk 'int((NR - 1) / 2) % 8 == 0' "$prompts" >"$copy/$prompts"
  done
  cd "$copy"
  export NOTEBOOK_SMALL=1
fi

PATH="$root/.build/release:$root/.venv-notebooks/bin:$PATH"
PYTHONDONTWRITEBYTECODE=1
export PATH PYTHONDONTWRITEBYTECODE
for notebook; do
  cog -r -U -e -I "$root/scripts/notebooks" -p "from cells import output" --verbosity=0 "$notebook"
done
