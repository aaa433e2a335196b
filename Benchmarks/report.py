"""Results on disk and on the screen: the machine, the versions, every single run, a Markdown table."""

import datetime
import importlib.metadata
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
PACKAGES = (
    "torch", "transformers", "nnsight", "transformer-lens", "llama-cpp-python", "scikit-learn", "numpy", "h5py")
INSTRUCTION_SETS = ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")


def hardware():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^([^\t:]+)\t*: (.*)$", text, re.M))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": fields.get("model name", "unknown"),
        "cores": len(os.sched_getaffinity(0)),
        "instruction_sets": [name for name in INSTRUCTION_SETS if name in fields.get("flags", "").split()],
        "memory_gib": round(memory / 2**30, 1),
    }


def versions(plumb):
    found = {"plumb": plumb.version, "python": sys.version.split()[0]}
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=HERE, capture_output=True, text=True)
    if commit.returncode == 0:
        found["commit"] = commit.stdout.strip()
    for package in PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = None
    return found


def markdown(header, rows):
    """A table; columns after the first are set to the right."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (header, rule, *rows))


def environment_line(plumb):
    machine, found = hardware(), versions(plumb)
    own = ", ".join(f"{name} {version}" for name, version in found.items() if version)
    return (f"{machine['cpu']}, {machine['cores']} cores, {' '.join(machine['instruction_sets'])}, "
            f"{machine['memory_gib']:g} GiB; {own}.")


def save(topic, plumb, data, text):
    """Writes results/<date>-<cpu>[-topic].json and .md, and prints the text."""
    machine = hardware()
    today = datetime.date.today().isoformat()
    cpu = re.sub(r"[^a-z0-9]+", "-", machine["cpu"].lower()).strip("-")
    stem = HERE / "results" / "-".join(filter(None, (today, cpu, topic)))
    stem.parent.mkdir(exist_ok=True)
    text = f"{text}\n\n{environment_line(plumb)}\n"
    data = {"date": today, "hardware": machine, "versions": versions(plumb)} | data
    stem.with_name(stem.name + ".json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    stem.with_name(stem.name + ".md").write_text(text, encoding="utf-8")
    print(f"\n{text}\nwritten to {stem}.json and .md")
