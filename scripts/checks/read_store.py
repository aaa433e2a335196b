#!/usr/bin/env python3
"""Reads an activation store with h5py alone and checks everything it promises to other programs.

    python scripts/checks/read_store.py [--equal PLAIN.h5] STORE.h5 [STORE.h5 ...]

Prints a line for each store and leaves with status 1 when a promise is broken. With --equal, every store
has to give what the plain one does, bit for bit; a virtual one also when read from another folder, through
a link, and after its folder has moved. Needs h5py and numpy and nothing of ours: what this reads, any
analysis can read.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

import h5py
import numpy as np

PROMPTS_PER_UNIT = 64
FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32}
DTYPES = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}


class Broken(Exception):
    pass


def demand(holds, what):
    if not holds:
        raise Broken(what)


def crc32c_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = crc32c_table()


def crc32c(crc, data):
    crc ^= 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def check_root(file):
    demand(set(file.attrs) == {"format", "schema", "identity", "identity_sha256", "shard"},
           f"the root's attributes are {sorted(file.attrs)}")
    demand(file.attrs["format"] == "plumbline-activations", "format")
    demand(file.attrs["schema"] == 1, "schema")
    text = file.attrs["identity"]
    demand(isinstance(text, str), "the identity is not text")
    identity = json.loads(text)
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    demand(canonical == text, "the identity is not canonical JSON")
    digest = hashlib.sha256(text.encode()).hexdigest()
    demand(digest == file.attrs["identity_sha256"], "identity_sha256")
    demand(set(file) - {"sources"} == {"provenance", "prompts", "tokens", "rows", "activations",
                                       "commit"}, f"the root's groups are {sorted(file)}")
    provenance = {name: json.loads(value) for name, value in file["provenance"].attrs.items()}
    demand(set(provenance) == {"tool", "backend", "instruction_set"}, "provenance")
    return identity


def check_storage(file):
    """Every dataset is contiguous, unfiltered, in a place of its own, and carries no times; activations
    may also be packed, or come from other files. Returns which."""
    places = []
    forms = set()

    def visit(_, item):
        if not isinstance(item, h5py.Dataset):
            return
        demand(h5py.h5o.get_info(item.id).mtime == 0, f"{item.name} has a time")
        creation = item.id.get_create_plist()
        layout = creation.get_layout()
        if item.name.startswith("/activations/"):
            forms.add({h5py.h5d.CONTIGUOUS: "plain", h5py.h5d.CHUNKED: "packed",
                       h5py.h5d.VIRTUAL: "virtual"}[layout])
        if layout == h5py.h5d.CHUNKED and item.name.startswith("/activations/"):
            filters = {creation.get_filter(at)[0] for at in range(creation.get_nfilters())}
            demand(filters == FILTERS, f"{item.name} has the filters {filters}")
            demand(creation.get_chunk()[1] == item.shape[1], f"{item.name}: chunks")
            return
        if layout == h5py.h5d.VIRTUAL and item.name.startswith("/activations/"):
            demand(np.isnan(item.fillvalue), f"{item.name} is filled with {item.fillvalue}")
            check_sources(file, item)
            return
        demand(layout == h5py.h5d.CONTIGUOUS, f"{item.name} is not contiguous")
        demand(creation.get_nfilters() == 0, f"{item.name} has filters")
        if item.size > 0:
            start = item.id.get_offset()
            demand(start is not None, f"{item.name} has no place")
            places.append((start, start + item.id.get_storage_size(), item.name))

    file.visititems(visit)
    places.sort()
    for (_, end, one), (start, _, other) in zip(places, places[1:]):
        demand(end <= start, f"{one} and {other} overlap")
    demand(len(forms) == 1, f"the activations are {sorted(forms)}")
    return forms.pop()


def check_sources(file, item):
    """The files of a virtual dataset are those that /sources tells of."""
    told = file["sources"]
    names = list(told["file"].asstr()[:])
    demand([source.file_name for source in item.virtual_sources()] == names, f"{item.name}: sources")
    demand(all(source.dset_name == item.name for source in item.virtual_sources()),
           f"{item.name} takes rows from elsewhere")
    folder = os.path.dirname(os.path.realpath(file.filename))
    for name, size, digest in zip(names, told["bytes"][:], told["sha256"].asstr()[:]):
        demand(not os.path.isabs(name) and ".." not in name.split("/"), f"{name} leads elsewhere")
        path = os.path.join(folder, name)
        demand(os.path.getsize(path) == size, f"{name} has another size")
        with open(path, "rb") as source:
            demand(hashlib.file_digest(source, "sha256").hexdigest() == digest,
                   f"{name} has other bytes")


def check_prompts(file, identity):
    prompts = file["prompts"]
    first, end = file.attrs["shard"]
    count = int(end - first)
    offsets = prompts["token_offset"]
    demand(offsets.dtype == np.dtype("<i8") and offsets.shape == (count + 1,), "token_offset")
    token_count = int(offsets[-1])
    demand(offsets[0] == 0 and np.all(np.diff(offsets[:]) >= 0), "token_offset is out of order")
    demand(("text" in prompts) == identity["store_text"], "text")
    # What the documentation tells pandas users to do.
    columns = {
        name: (values.asstr()[:] if h5py.check_string_dtype(values.dtype) else values[:])
        for name, values in prompts.items() if len(values) == count
    }
    demand(set(prompts) - set(columns) == ({"token_offset"} if count else set()) or count == 0,
           "a column has another length")
    demand(prompts["status"].dtype == np.dtype("u1"), "status")
    demand(set(np.unique(prompts["status"])) <= {0, 1, 2}, "status")
    demand(all(re.fullmatch("[0-9a-f]{64}", digest) for digest in columns["text_sha256"]),
           "text_sha256")
    for name, dtype in [("id", "<i4"), ("role", "u1")]:
        tokens = file["tokens"][name]
        demand(tokens.dtype == np.dtype(dtype) and tokens.shape == (token_count,), f"tokens/{name}")
    return count


def check_rows(file, prompt_count):
    rows = file["rows"]
    demand(set(rows) == {"prompt", "position", "role"}, "rows")
    prompt, position = rows["prompt"][:], rows["position"][:]
    demand(prompt.dtype == np.dtype("<i4") and position.dtype == np.dtype("<i4"), "rows")
    demand(rows["role"].dtype == np.dtype("u1"), "rows/role")
    demand(len(prompt) == len(position) == len(rows["role"]), "the rows' columns differ in length")
    keys = list(zip(prompt.tolist(), position.tolist()))
    demand(keys == sorted(keys), "the rows are out of order")
    demand(np.all((prompt >= 0) & (prompt < prompt_count) & (position >= -1)), "rows")
    lengths = np.diff(file["prompts/token_offset"][:])
    demand(np.all(position < lengths[prompt]), "a row lies beyond its prompt")
    return prompt


def activations(file):
    """The datasets in the order of their paths' bytes."""
    found = []
    file["activations"].visititems(
        lambda _, item: found.append(item) if isinstance(item, h5py.Dataset) else None)
    return sorted(found, key=lambda item: item.name.encode())


def raw(dataset):
    """The values' own bits, the fast way for bfloat16."""
    kind = np.uint32 if dataset.id.get_type().get_size() == 4 else np.uint16
    bits = np.zeros(dataset.shape, kind)
    if dataset.size:
        dataset.id.read(h5py.h5s.ALL, h5py.h5s.ALL, bits, mtype=dataset.id.get_type())
    return bits


def check_activations(file, identity, row_count):
    datasets = activations(file)
    demand(datasets, "there are no activations")
    stored = identity["stored_type"]
    sites = set()
    for item in datasets:
        attributes = dict(item.attrs)
        layer = attributes.pop("layer", None)
        demand(set(attributes) == {"site", "width", "dtype"}, f"{item.name}: attributes")
        site = attributes["site"]
        sites.add(site)
        name = f"/activations/{site}" + ("" if layer is None else f"/layer_{layer:02d}")
        demand(item.name == name, f"{item.name} is named unlike its attributes")
        demand(layer is None or layer in identity["layers"], f"{item.name}: layer")
        demand(attributes["dtype"] == DTYPES[stored], f"{item.name}: dtype")
        demand(item.shape == (row_count, attributes["width"]), f"{item.name}: shape")
        bits, values = raw(item), item[:]
        if stored == "bf16":
            demand(values.dtype == np.float32, f"{item.name} is read as {values.dtype}")
            widened = (bits.astype(np.uint32) << 16).view(np.float32)
            same = (values == widened) | (np.isnan(values) & np.isnan(widened))
            demand(np.all(same), f"{item.name}: bits")
        else:
            demand(values.dtype == np.dtype(DTYPES[stored]), f"{item.name} is read as {values.dtype}")
            demand(np.array_equal(values.view(bits.dtype), bits), f"{item.name}: bits")
    demand(sites == set(identity["sites"]), f"the sites are {sorted(sites)}")
    return datasets


def check_commit(file, datasets, row_prompts, prompt_count, name):
    stored = file["commit/crc32c"][:]
    units = -(-prompt_count // PROMPTS_PER_UNIT)
    demand(stored.dtype == np.dtype("<u4") and stored.shape == (units,), "commit/crc32c")
    starts = np.searchsorted(row_prompts, np.arange(units) * PROMPTS_PER_UNIT)
    expected = np.append(starts, len(row_prompts))
    first_row = file["commit/first_row"][:]
    demand(first_row.dtype == np.dtype("<i8"), "commit/first_row")
    demand(np.array_equal(first_row, expected), "commit/first_row")
    whole = 0
    bits = [raw(item) for item in datasets]
    for unit, word in enumerate(stored.tolist()):
        if word == 0:
            demand(name.endswith(".part"), f"unit {unit} is missing")
            continue
        crc = 0
        for values in bits:
            crc = crc32c(crc, values[first_row[unit]:first_row[unit + 1]].tobytes())
        prompts = slice(unit * PROMPTS_PER_UNIT, (unit + 1) * PROMPTS_PER_UNIT)
        crc = crc32c(crc, file["prompts/status"][prompts].tobytes())
        demand(crc | 1 == word, f"unit {unit} does not hold what its checksum says")
        whole += 1
    return whole, units


def check_manifest(path):
    manifest = re.sub(r"\.h5$", "", path) + ".manifest.json"
    if not os.path.exists(manifest):
        return "no manifest"
    with open(manifest, encoding="utf-8") as file:
        told = json.load(file)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    demand(told["sha256"] == digest, "the manifest tells of another file")
    demand(told["bytes"] == os.path.getsize(path), "the manifest's byte count")
    return "manifest right"


def check(path):
    with h5py.File(path, "r") as file:
        identity = check_root(file)
        form = check_storage(file)
        prompt_count = check_prompts(file, identity)
        row_prompts = check_rows(file, prompt_count)
        datasets = check_activations(file, identity, len(row_prompts))
        whole, units = check_commit(file, datasets, row_prompts, prompt_count, path)
    return (f"{form}, {prompt_count} prompts, {len(row_prompts)} rows, {len(datasets)} datasets of "
            f"{DTYPES[identity['stored_type']]}, {whole} of {units} units, {check_manifest(path)}")


def demand_same(path, plain):
    """Two stores hold the same attributes and values, the activations by their bits."""
    with h5py.File(path, "r") as one, h5py.File(plain, "r") as other:
        items = []
        other.visit(items.append)
        found = []
        one.visit(found.append)
        demand([name for name in found if not name.startswith("sources")] == items, "the names differ")
        for name in ["/"] + items:
            left, right = one[name], other[name]
            demand(left.attrs.keys() == right.attrs.keys(), f"{name}: attributes")
            for key, value in right.attrs.items():
                demand(np.array_equal(left.attrs[key], value), f"{name}: {key}")
            if not isinstance(right, h5py.Dataset):
                continue
            read = raw if name.startswith("activations") else (lambda item: item[:])
            demand(np.array_equal(read(left), read(right)), f"{name} differs")


def check_moves(path, plain):
    """A virtual store is the same from another folder, through a link and after a move."""
    with h5py.File(path, "r") as file:
        names = list(file["sources/file"].asstr()[:])
    plain = os.path.realpath(plain)
    folder = os.path.dirname(os.path.realpath(path))
    here = os.getcwd()
    with tempfile.TemporaryDirectory() as other:
        first, moved = os.path.join(other, "first"), os.path.join(other, "moved")
        for name in names + [os.path.basename(path)]:
            os.makedirs(os.path.dirname(os.path.join(first, name)), exist_ok=True)
            shutil.copyfile(os.path.join(folder, name), os.path.join(first, name))
        os.rename(first, moved)
        copy, link = os.path.join(moved, os.path.basename(path)), os.path.join(other, "link.h5")
        os.symlink(copy, link)
        os.chdir(other)
        try:
            for place in [copy, link, os.path.relpath(copy)]:
                demand_same(place, plain)
        finally:
            os.chdir(here)


def main(arguments):
    plain = None
    if arguments[:1] == ["--equal"]:
        plain, arguments = arguments[1], arguments[2:]
    if not arguments:
        print(__doc__.strip(), file=sys.stderr)
        return 64
    status = 0
    for path in arguments:
        try:
            line = check(path)
            if plain:
                demand_same(path, plain)
                if line.startswith("virtual"):
                    check_moves(path, plain)
                line += f", equal to {plain}"
            print(f"{path}: {line}")
        except (Broken, OSError, KeyError, ValueError) as error:
            print(f"{path}: broken: {error}")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
