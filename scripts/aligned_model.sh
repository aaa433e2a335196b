#!/bin/sh
# Tunes the default model to refuse, from data/ alone, and measures it on the test split.
# The adapter goes to .build/aligned/adapter; --ship puts it into data/adapters/aligned.
set -eu

cd "$(dirname "$0")/.."
plumb=.build/release/plumb
work=.build/aligned
mkdir -p "$work"

python3 scripts/tuning/aligned_data.py "$work/train.jsonl"
$plumb tune --config data/adapters/aligned.yaml --output "$work/run" --overwrite
if [ "${1:-}" = --ship ]; then
  cp "$work/run/adapter/adapter_config.json" "$work/run/adapter/adapter_model.safetensors" data/adapters/aligned/
fi
if cmp -s "$work/run/adapter/adapter_model.safetensors" data/adapters/aligned/adapter_model.safetensors; then
  echo "The adapter is the same, byte for byte, as data/adapters/aligned."
else
  echo "The adapter has other bytes than data/adapters/aligned."
fi
python3 scripts/tuning/measure.py --split test --tokens 32 smollm2 "smollm2+$work/run/adapter"
