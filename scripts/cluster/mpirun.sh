#!/bin/bash
# Extraction by processes that mpirun starts, a shard each, and their merge.
#
#   bash mpirun.sh                           and once more when something failed: finished shards stay
#
# The processes send no messages; mpirun only starts them and says which is which, on one machine or, with
# its --hostfile, on several that share a file system. Its binding is switched off so that each process may
# use its part of the machine's processors.
set -eu

workers=${WORKERS:-4}
plumb=${PLUMB:-plumb}
model=${MODEL:-smollm2}
prompts=${PROMPTS:-prompts.jsonl}
output=${OUTPUT:-acts.h5}
options=${OPTIONS:---sites resid_post --positions last}

# shellcheck disable=SC2086  # options are several words
mpirun -n "$workers" --oversubscribe --bind-to none \
  "$plumb" extract --model "$model" --prompts "$prompts" --output "$output" $options --shard auto

"$plumb" merge "${output%.h5}"-*-of-"$(printf %05d "$workers")".h5 --output "$output"
