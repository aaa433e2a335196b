#!/bin/sh
# The main job on a real model: activations of SmolLM2 on contrast pairs, probes per layer, a ranking; then what a
# harmless tuning does to a model that refuses, in a short form.
set -eu

cd "$(dirname "$0")/.."
plumb=.build/release/plumb
mkdir -p demo

$plumb extract --model smollm2 --prompts data/safety-pairs.jsonl --output demo/pairs.h5 \
  --sites resid_post,attn_out,mlp_out --positions last --store-text --overwrite
$plumb probe demo/pairs.h5 --output demo/probe --overwrite
$plumb story --model smollm2+data/adapters/aligned --data data/lookalike-answers.jsonl \
  --prompts data/harmful-and-ordinary.jsonl --harmless data/safety-pairs.jsonl --limit 40 \
  --steps 30 --learning-rate 5e-4 --schedule cosine --precision bf16 --output demo/story --overwrite
