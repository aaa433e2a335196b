"""R10, R11, R12: inputs that are outputs, files that rot, captures that change between two runs."""

import json
import os
import pathlib
import shutil

from bench import LAST, MODELS, Capture, Tally

MODEL_FILES = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
SMALL = Capture("llama-tied", prompts=300)


def inputs_folder(bench):
    """A folder with a model of its own and prompts."""
    source = pathlib.Path(SMALL.model)
    files = {f"model/{name}": (source / name).read_bytes() for name in MODEL_FILES}
    files["prompts.jsonl"] = bench.prompts(SMALL).read_bytes()
    return bench.folder(files)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def outputs_onto_inputs(bench):
    kept = Tally("R10", "an output in the place of an input: every input keeps its bytes")
    gguf = (MODELS / "gguf/llama-untied-q8_0.gguf").read_bytes()
    cases = [("model", "prompts.jsonl", output) for output in
             ["prompts.jsonl", "./model/../prompts.jsonl", "link.jsonl", "linked/prompts.jsonl", "hard.jsonl",
              "model/config.json", "model/tokenizer.json", "model/tokenizer_config.json",
              "model/model.safetensors", "linked/model/model.safetensors"]]
    cases += [("model.gguf", "prompts.jsonl", "model.gguf"),
              ("model", "run.h5.part", "run.h5"), ("model", "run.h5.part.new", "run.h5"),
              ("model", "run.manifest.json", "run.h5"), ("run.h5.part", "prompts.jsonl", "run.h5")]
    for model, prompts, output in cases:
        folder = inputs_folder(bench)
        (folder / "model.gguf").write_bytes(gguf)
        for name, original in [(prompts, folder / "prompts.jsonl"), (model, folder / "model.gguf")]:
            if not (folder / name).exists():
                shutil.copy(original, folder / name)
        (folder / "link.jsonl").symlink_to("prompts.jsonl")
        os.link(folder / "prompts.jsonl", folder / "hard.jsonl")
        (folder / "linked").symlink_to(folder)
        before = contents(folder)
        result = bench.run(
            [bench.plumb, "extract", "--model", model, "--prompts", prompts, "--output", output,
             "--overwrite", *bench.options], folder)
        after = contents(folder)
        changed = [name for name in before if before[name] != after.get(name) and name != "hard.jsonl"]
        is_told = result.explains_itself or output == "hard.jsonl"
        kept.count(not changed and is_told, f"--prompts {prompts} --output {output}: {changed} changed, {result}")
    return [kept]


def bit_rot(bench):
    anywhere = Tally("R11", "a flipped byte anywhere: found with the manifest")
    data = Tally("R11", "a flipped byte in rows, status or checksums: found without it")
    cut = Tally("R11", "a file cut short: found")
    whole = bench.whole(LAST)
    folder = bench.folder()
    path = folder / "run.h5"
    manifest = bench.whole_path(LAST).with_name("run.manifest.json").read_bytes()

    def finds(content):
        path.write_bytes(content)
        result = bench.run([bench.plumb, "verify", "run.h5"], folder)
        # Where HDF5 breaks down, the C library may have its word before plumb's.
        is_told = result.messages.splitlines()[-1:] and result.messages.splitlines()[-1].startswith("plumb: ")
        return result.code == 65 and is_told, str(result)

    def flipped(place):
        content = bytearray(whole)
        content[place] ^= 1 << bench.numbers.randrange(8)
        return bytes(content)

    places = [*range(0, len(whole), len(whole) // bench.some(40, 1500)), len(whole) - 1]
    (folder / "run.manifest.json").write_bytes(manifest)
    for place in places:
        anywhere.count(*finds(flipped(place)))
    (folder / "run.manifest.json").unlink()
    for place in bench.sample(data_places(bench), quick=30, full=1000):
        data.count(*finds(flipped(place)))
    for length in {len(whole) - 1, len(whole) - 4096, *bench.sample(range(0, len(whole), 9973), quick=10)}:
        cut.count(*finds(whole[:length]))
    return [anywhere, data, cut]


def data_places(bench):
    """The bytes that are written after the store has its structure: all that checksums cover."""
    recording = bench.recording(LAST)
    begun = next(number for number, call in enumerate(recording.calls) if call.name == "rename")
    store = recording.calls[begun + 2].inode
    return sorted({place for call in recording.calls[begun:] if call.name == "write" and call.inode == store
                   for place in range(call.offset, call.offset + len(call.data))})


def edit(name, old, new):
    """A change of the last such text in a file."""
    def change(folder):
        before, found, after = (folder / name).read_bytes().rpartition(old)
        assert found, f"{name} has no {old}"
        (folder / name).write_bytes(before + new + after)
    return change


def flip(name, place):
    def change(folder):
        content = bytearray((folder / name).read_bytes())
        content[place] ^= 1
        (folder / name).write_bytes(content)
    return change


def nothing(folder):
    pass


# The field that is named, what changes, and the options of the run that follows.
CHANGES = [
    ("model", flip("model/model.safetensors", -4), []),
    ("model", edit("model/config.json", b"}", b" }"), []),
    ("tokenizer", edit("model/tokenizer.json", b',["in","g"]', b""), []),
    ("template", edit("model/tokenizer_config.json", b"{{", b" {{"), []),
    ("prompts", edit("prompts.jsonl", b'"label": 1', b'"label": 0'), []),
    ("prompts", edit("prompts.jsonl", b' 7"', b' 8"'), []),
    ("prompts", edit("prompts.jsonl", b'"group"', b'"groups"'), []),
    ("system", nothing, ["--system", "Be kind."]),
    ("special tokens", nothing, ["--parse-special"]),
    ("generation prompt", nothing, ["--no-generation-prompt"]),
    ("sites", nothing, ["--sites", "resid_post,attn_out"]),
    ("sites", nothing, ["--sites", "resid_pre"]),
    ("positions", nothing, ["--positions", "all"]),
    ("layers", nothing, ["--layers", "0"]),
    ("stored type", nothing, ["--store", "f16"]),
    ("stored type", nothing, ["--store", "bf16"]),
    ("store text", nothing, ["--store-text"]),
    ("template", nothing, ["--raw"]),
]


def changed_inputs(bench):
    refused = Tally("R12", "another model, prompt, option …: exit 78, the field named")
    arguments = [bench.plumb, "extract", "--model", "model", "--prompts", "prompts.jsonl", "--output", "run.h5",
                 *bench.options]
    folder = inputs_folder(bench)
    bench.run(arguments, folder)
    # An unfinished file may as well have everything.
    before = (folder / "run.h5").read_bytes()
    for field, change, options in CHANGES:
        folder = inputs_folder(bench)
        (folder / "run.h5.part").write_bytes(before)
        change(folder)
        result = bench.run(arguments + options, folder)
        is_told = result.code == 78 and f"begun with {field} " in result.messages and result.explains_itself
        is_kept = contents(folder).get("run.h5.part") == before
        refused.count(is_told and is_kept, f"{field} {options}: {result}")
    return [refused]
