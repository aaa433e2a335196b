"""R2, R3, R8, R9: what the recorded calls of a run could leave on a disk, whatever stops the machine.

Every byte of a store has one final value, so the uninterrupted run's file tells of any state whether it is
right: `plumb verify` says which units hold what their checksums say, and h5py, where it can be imported,
compares every row of every unit that claims to be written.
"""

import shutil

import reader
from bench import ALL, LAST, MEAN, Capture, Tally

LABELLED = Capture("llama-tied", prompts=200)


def recordings(bench):
    """Runs from beginning to end, and runs that were killed half-way and went on with other threads."""
    return [
        (capture, bench.recording(capture, threads, is_killed))
        for capture, threads, is_killed in [
            (LAST, 1, False), (LAST, 1, True), (ALL, 2, False), (ALL, 2, True), (MEAN, 2, False)]]


class Examination:
    """Judges the files that a crash left of a capture."""

    def __init__(self, bench, capture):
        self.bench, self.capture = bench, capture
        self.whole = bench.whole(capture)
        self.reader = reader.Reader(bench.whole_path(capture)) if reader.IS_THERE else None

    def judge(self, files, expected_units, may_be_damaged):
        """Returns the number of units that are right, and what is wrong or None."""
        if files.get("run.h5", self.whole) != self.whole:
            return 0, "the final name stands for something else than the whole file"
        name = "run.h5" if "run.h5" in files else "run.h5.part"
        if name not in files:
            return 0, "the store is gone" if expected_units else None
        folder = self.bench.folder({name: files[name]})
        try:
            return self._judge(folder / name, expected_units, may_be_damaged)
        finally:
            shutil.rmtree(folder)

    def _judge(self, path, expected_units, may_be_damaged):
        counts = self.bench.units(path)
        if counts is None:
            return 0, "plumb verify cannot read it"
        written, damaged = counts
        if damaged and not may_be_damaged:
            return 0, f"{damaged} units do not hold what their checksums say"
        if self.reader and self.reader.units(path) != counts:
            return 0, f"plumb verify counts {counts}, the rows say {self.reader.units(path)}"
        right = written - damaged
        return right, None if right >= expected_units else f"{right} of {expected_units} units are left"

    def goes_on(self, files):
        """Lets plumb take up what a crash left; returns what is wrong with its end, or None."""
        folder = self.bench.folder(files)
        try:
            return self.bench.ends_whole(self.capture, folder)
        finally:
            shutil.rmtree(folder)


def kills_at_every_call(bench):
    states = Tally("R2", "states after every call: all units that claim it are right")
    resumed = Tally("R2", "states taken up again: the final file is the same")
    for capture, recording in recordings(bench):
        examination = Examination(bench, capture)
        moments = range(len(recording.calls) + 1)
        judged, continued = set(bench.sample(moments, quick=12)), bench.sample(moments, quick=1, full=15)
        units = 0
        for moment, disk in enumerate(recording.states()):
            if moment in judged:
                units, fault = examination.judge(disk.killed(), units, may_be_damaged=False)
                states.count(fault is None, f"call {moment} of {len(moments)}: {fault}")
            if moment in continued:
                fault = examination.goes_on(disk.killed())
                resumed.count(fault is None, f"call {moment} of {len(moments)}: {fault}")
    return [states, resumed]


def power_cuts(bench):
    images = Tally("R3", "images after a power cut: no durable unit lost, none wrong")
    resumed = Tally("R3", "images taken up again: the final file is the same")
    made = recordings(bench)
    for capture, recording in made:
        examination = Examination(bench, capture)
        count = bench.some(quick=8, full=1600 // len(made))
        moments = sorted(bench.numbers.choices(range(len(recording.calls) + 1), k=count))
        certain, units = None, 0
        for moment, disk in enumerate(recording.states()):
            for _ in range(moments.count(moment)):
                if disk.certain() != certain:
                    certain = disk.certain()
                    units, fault = examination.judge(certain, 0, may_be_damaged=False)
                    images.count(fault is None, f"call {moment}, what is durable: {fault}")
                image = disk.after_power_cut(bench.numbers)
                _, fault = examination.judge(image, units, may_be_damaged=True)
                images.count(fault is None, f"call {moment}: {fault}")
                if bench.numbers.random() < 0.2:
                    fault = examination.goes_on(image)
                    resumed.count(fault is None, f"call {moment}: {fault}")
    return [images, resumed]


def probe_recording(bench):
    """A run of `plumb probe`, whose results take their names one by one."""
    command = [bench.plumb, "probe", str(bench.whole_path(LABELLED)), "--output", "results"]
    return bench.record([(command, None)])


def replacing_recording(bench):
    """An extraction that takes the place of another's finished files."""
    other = bench.whole_path(MEAN)
    files = {path.name: path.read_bytes() for path in (other, other.with_name("run.manifest.json"))}
    return bench.record([(bench.extract(LAST, "--overwrite"), None)], files)


def other_outputs(bench):
    """A name that a run leaves behind stands for the whole file from the start."""
    names = Tally("R8", "states of extract and probe: no final name of less than the whole")
    stores = Tally("R8", "states while a store is replaced: verify accepts what has its name")
    for recording in [probe_recording(bench), bench.recording(LAST), bench.recording(ALL, 2)]:
        for moment, disk in enumerate(recording.states()):
            partial = [name for name, content in disk.killed().items()
                       if content != recording.end.get(name, content)]
            names.count(not partial, f"call {moment}: {partial}")
    seen = None
    for moment, disk in enumerate(replacing_recording(bench).states()):
        files = {name: content for name, content in disk.killed().items()
                 if name in ("run.h5", "run.manifest.json")}
        if files != seen:
            seen = files
            result = bench.run([bench.plumb, "verify", "run.h5"], bench.folder(files))
            stores.count(result.code == 0, f"call {moment}: {result}")
    return [names, stores]


def durable_names(bench):
    """The bytes of a file are durable before it takes a name, and the name before the run ends."""
    before = Tally("R9", "new names: the file was synchronised before")
    after = Tally("R9", "new names: the folder was synchronised after")
    for recording in [probe_recording(bench)] + [recording for _, recording in recordings(bench)]:
        disk = recording.start()
        for number, call in enumerate(recording.calls):
            disk.apply(call)
            if call.error or call.name not in ("rename", "link"):
                continue
            path = call.paths[1]
            node = disk.nodes[disk.names[path]]
            before.count(not node.pending and node.durable == node.content, path)
            folder = path.rpartition("/")[0]
            after.count(any(later.name == "sync" and later.paths == [folder]
                            for later in recording.calls[number:]), path)
    return [before, after]
