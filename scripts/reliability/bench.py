"""What every check needs: the program, captures to run, the files they end in, and a tally."""

import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import calls

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODELS = ROOT / "Tests/Goldens/models"
WORDS = "the weather in north wings sun rain hello river stone bread train ring hall tower error".split()


class Skip(Exception):
    """This machine cannot run a check; the text says why."""


class Tally:
    """How often a promise was tried and how often it held."""

    def __init__(self, number, promise):
        self.number, self.promise = number, promise
        self.tried = self.survived = 0
        self.failures = []

    def count(self, holds, failure=""):
        self.tried += 1
        if holds:
            self.survived += 1
        else:
            self.failures.append(failure)
        return holds


class Capture:
    """A capture to make: what `plumb extract` is told besides names and threads."""

    def __init__(self, model, *options, prompts):
        self.model, self.options, self.prompt_count = str(MODELS / model), options, prompts


# Few rows of many datasets; many rows of one, enough for a barrier; a template, pooled rows, half the bytes;
# one that takes longer.
LAST = Capture("llama-bf16", "--raw", "--sites", "resid_post,attn.z,mlp.post", prompts=3000)
ALL = Capture("llama-untied", "--raw", "--layers", "0", "--positions", "all", "--store", "f16", prompts=3000)
MEAN = Capture("qwen2", "--sites", "embed,resid_post", "--positions", "mean,last", "--store", "bf16", prompts=2000)
LONG = Capture("llama-bf16", "--raw", "--sites", "resid_post,attn.z", "--store", "bf16", prompts=20_000)


class Result:
    """How a run ended."""

    def __init__(self, code, output, messages, seconds):
        self.code, self.output, self.messages, self.seconds = code, output, messages, seconds

    def __str__(self):
        return f"exit {self.code} after {self.seconds:.2f} s: {self.messages.strip() or self.output.strip()}"

    @property
    def explains_itself(self):
        """One sentence of plumb's own, and no signal, trap or trace."""
        return self.code > 0 and re.fullmatch(r"plumb: [^\n]+[.?]\n", self.messages) is not None


class Run:
    """A run under way."""

    def __init__(self, arguments, folder, environment, **settings):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            arguments, cwd=folder, env=dict(os.environ, **environment), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)

    @property
    def is_alive(self):
        return self.process.poll() is None

    def send(self, *signals):
        for number in signals:
            self.process.send_signal(number)

    def wait_for(self, path, moment=0):
        """Waits until a file is there and some seconds more; returns whether the run is alive then."""
        while self.is_alive and not path.exists():
            time.sleep(0.001)
        time.sleep(moment)
        return self.is_alive

    def pause_at(self, path, moment=0):
        """Stops the run some seconds after a file has appeared; returns whether it was not over by then."""
        is_alive = self.wait_for(path, moment)
        self.send(signal.SIGSTOP)
        return is_alive and path.exists()

    def result(self, patience=120):
        try:
            output, messages = self.process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, messages = self.process.communicate()
            messages += f"no end after {patience} s"
        return Result(self.process.returncode, output, messages, time.monotonic() - self.began)


class Bench:
    """Runs plumb in folders of its own."""

    def __init__(self, plumb, place, options, quick, seed):
        self.plumb, self.options, self.quick = str(pathlib.Path(plumb).resolve()), options, quick
        self.numbers = random.Random(seed)
        self.place = pathlib.Path(tempfile.mkdtemp(prefix="plumb-crash-", dir=place)).resolve()
        self._whole, self._recordings = {}, {}
        self._shim = None
        self._folders = 0

    def close(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def within(self, seconds):
        """A limit of time; the quick checks may share the machine with other tests."""
        return seconds * self.some(quick=4, full=1)

    def some(self, quick, full):
        """How often to try."""
        return quick if self.quick else full

    def sample(self, items, quick, full=None):
        """Some of the items in their order; all where no number says otherwise."""
        items = list(items)
        count = self.some(quick, full)
        if count is None or count >= len(items):
            return items
        return [items[index] for index in sorted(self.numbers.sample(range(len(items)), count))]

    def folder(self, files=None):
        """A new folder with these files."""
        self._folders += 1
        folder = self.place / str(self._folders)
        folder.mkdir()
        for name, content in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    def prompts(self, capture):
        """Prompts of a few words, the same every time."""
        count = self.some(quick=capture.prompt_count // 4, full=capture.prompt_count)
        path = self.place / f"prompts-{count}.jsonl"
        if not path.exists():
            numbers = random.Random(count)
            path.write_text("".join(
                '{"id": "p%d", "prompt": "%s %d", "label": %d, "group": "g%d"}\n' % (
                    index, " ".join(numbers.choices(WORDS, k=numbers.randint(2, 12))), index,
                    index % 2, index // 2)
                for index in range(count)))
        return path

    def extract(self, capture, *more, output="run.h5", threads=1):
        """The command line of a capture."""
        return [
            self.plumb, "extract", "--model", capture.model, "--prompts", str(self.prompts(capture)),
            "--output", output, *capture.options, "--threads", str(threads), *self.options, *more]

    def start(self, arguments, folder, environment=None, **settings):
        return Run(arguments, folder, environment or {}, **settings)

    def run(self, arguments, folder, environment=None, **settings):
        return self.start(arguments, folder, environment, **settings).result()

    def paused(self, capture, output="run.h5", longest=0.1):
        """A run that is stopped while it fills its file, and the folder it was started in."""
        while True:
            folder = self.folder()
            (folder / output).parent.mkdir(exist_ok=True)
            run = self.start(self.extract(capture, output=output), folder)
            if run.pause_at(folder / f"{output}.part", self.numbers.uniform(0, longest)):
                return run, folder
            run.send(signal.SIGKILL)
            run.result()

    def whole(self, capture):
        """The file that an uninterrupted run of a capture makes."""
        if capture not in self._whole:
            folder = self.folder()
            result = self.run(self.extract(capture), folder)
            if result.code != 0:
                sys.exit(f"an undisturbed extraction failed: {result}")
            self._whole[capture] = folder / "run.h5"
        return self._whole[capture].read_bytes()

    def whole_path(self, capture):
        self.whole(capture)
        return self._whole[capture]

    def ends_whole(self, capture, folder):
        """Runs a capture again after whatever happened; returns what is wrong with its end, or None."""
        final = folder / "run.h5"
        if not final.exists():
            result = self.run(self.extract(capture, threads=self.numbers.choice([1, 2])), folder)
            if result.code != 0:
                return f"going on: {result}"
        if final.read_bytes() != self.whole(capture):
            return "the file differs from an uninterrupted run's"
        left = [path.name for path in folder.glob("run.h5.*")]
        return f"left behind: {left}" if left else None

    def units(self, path):
        """What `plumb verify` counts in a store: units written, and damaged ones among them.

        None where it cannot read the file.
        """
        result = self.run([self.plumb, "verify", "--json", str(path)], path.parent)
        if not result.output:
            return None
        found = json.loads(result.output)
        return found["units"] - len(found["missing_units"]), len(found["damaged_units"])

    @property
    def shim(self):
        """The preload library, built when it is first needed."""
        if self._shim is None:
            compiler = next(filter(None, map(shutil.which, ("clang", "cc", "gcc"))), None)
            if not sys.platform.startswith("linux") or not compiler:
                raise Skip("needs Linux and a C compiler")
            self._shim = self.place / "calls.so"
            source = pathlib.Path(__file__).with_name("calls.c")
            subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", self._shim, source, "-ldl"], check=True)
        return str(self._shim)

    def watched(self, folder, **settings):
        """The environment in which the calls on a folder's files pass through the shim."""
        named = {f"CALLS_{name.upper()}": str(value) for name, value in settings.items()}
        return dict(named, LD_PRELOAD=self.shim, CALLS_ROOT=str(folder))

    def recording(self, capture, threads=1, is_killed=False):
        """An extraction from beginning to end, or one killed half-way that goes on with other threads."""
        key = (capture, is_killed)
        if key not in self._recordings:
            commands = [(self.extract(capture, threads=threads), None)]
            if is_killed:
                calls = len(self.recording(capture, threads).calls)
                killed_at = self.numbers.randrange(calls // 4, calls * 3 // 4)
                commands = [(commands[0][0], killed_at), (self.extract(capture, threads=3 - threads), None)]
            self._recordings[key] = self.record(commands)
        return self._recordings[key]

    def record(self, commands, files=None):
        """Runs commands one after another in one folder and records what they do to its files.

        A command comes with the number of the call at which it is killed, or None.
        """
        folder, log = self.folder(files), self.place / f"log-{self._folders}"
        start = calls.Disk(folder)
        for command, killed_at in commands:
            fault = {} if killed_at is None else {"fail": f"{killed_at}:-9"}
            result = self.run(command, folder, self.watched(folder, log=log, **fault))
            if result.code != (0 if killed_at is None else -9):
                sys.exit(f"a recorded run failed: {result}")
        recording = calls.Recording(start, calls.read(log))
        log.unlink()
        for name, content in recording.end.items():
            if (folder / name).read_bytes() != content:
                sys.exit(f"the recording of {name} is not complete")
        shutil.rmtree(folder)
        return recording
