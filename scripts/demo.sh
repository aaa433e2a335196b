#!/bin/sh
# The main job on a real model: activations of SmolLM2 on contrast pairs, probes per layer, a ranking.
set -eu

cd "$(dirname "$0")/.."
plumb=.build/release/plumb
mkdir -p demo

$plumb extract --model smollm2 --prompts data/safety-pairs.jsonl --output demo/pairs.h5 \
  --sites resid_post,attn_out,mlp_out --positions last --store-text --overwrite
$plumb probe demo/pairs.h5 --output demo/probe --overwrite
