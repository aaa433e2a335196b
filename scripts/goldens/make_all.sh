#!/bin/sh
# Makes every golden file anew in a throw-away virtual environment.
set -eu

cd "$(dirname "$0")/../.."
environment=.venv-goldens
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet -r scripts/requirements-oracle.txt
python="$environment/bin/python"
scripts/setup-model.sh

for script in gguf_blocks tokenizer chat_templates probes calibration classifiers models gradients tiny_checkpoints arrays adapters drift rankings report_examples tuning_optimizer tuning_steps; do
  echo "goldens: $script" >&2
  "$python" "scripts/goldens/$script.py"
done
"$python" scripts/goldens/smollm2.py .models/SmolLM2-135M-Instruct.Q4_1.gguf
swift build -c release --product plumb
"$python" scripts/goldens/outcome_examples.py
"$python" scripts/goldens/tuning_examples.py
