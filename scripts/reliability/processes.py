"""R1, R6, R13, R14 and lost folders: what happens to a run from outside while it works."""

import os
import shutil
import signal
import time

from bench import ALL, LAST, LONG, MEAN, Capture, Skip, Tally


def kills(bench):
    killed = Tally("R1", "kill -9 at a random moment: no committed unit lost")
    files = Tally("R1", "runs killed again and again: the final file is the same")
    runs, wanted = 0, bench.some(quick=10, full=200)
    while killed.tried < wanted or runs < bench.some(quick=3, full=60):
        capture = [LONG, ALL, LAST, MEAN][runs % 4]
        folder, units = bench.folder(), 0
        for _ in range(8):
            run = bench.start(bench.extract(capture, threads=bench.numbers.choice([1, 2])), folder)
            time.sleep(bench.numbers.uniform(0.005, 0.5))
            was_alive = run.is_alive
            run.send(signal.SIGKILL)
            run.result()
            if not was_alive:
                break
            # What is killed while it ends has its final name.
            path = next((folder / name for name in ("run.h5", "run.h5.part") if (folder / name).exists()), None)
            counts = bench.units(path) if path else (0, 0)
            killed.count(counts and counts[0] >= units and counts[1] == 0, f"{units} units before, now {counts}")
            units = counts[0] if counts else 0
        fault = bench.ends_whole(capture, folder)
        files.count(fault is None, fault)
        shutil.rmtree(folder)
        runs += 1
    return [killed, files]


def signals(bench):
    orderly = Tally("R6", "SIGINT, SIGTERM, SIGXCPU: exit 75 within 2 s, durable, goes on")
    at_once = Tally("R6", "a second signal: exit 75 at once, goes on")
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGXCPU]
    for index in range(bench.some(quick=3, full=24)):
        folder = bench.folder()
        run = bench.start(bench.extract(LONG, threads=1 + index % 2), folder)
        run.wait_for(folder / "run.h5.part", bench.numbers.uniform(0, 0.3))
        sent = time.monotonic()
        run.send(numbers[index % 3])
        result = run.result()
        seconds = time.monotonic() - sent
        # Where nothing was left to do, the run ends well.
        in_order = result.code == 75 and result.explains_itself and (folder / "run.h5.part").exists() \
            or result.code == 0 and (folder / "run.h5").exists()
        fault = bench.ends_whole(LONG, folder)
        orderly.count(
            in_order and seconds <= bench.within(2) and fault is None, f"{seconds:.1f} s, {result}; {fault}")
    for index in range(bench.some(quick=1, full=10)):
        run, folder = bench.paused(LONG)
        run.send(numbers[index % 3], numbers[(index + 1) % 3])
        sent = time.monotonic()
        run.send(signal.SIGCONT)
        result = run.result()
        seconds = time.monotonic() - sent
        fault = bench.ends_whole(LONG, folder)
        at_once.count(
            result.code == 75 and seconds <= bench.within(0.5) and fault is None,
            f"{seconds:.1f} s, {result}; {fault}")
    return [orderly, at_once]


def two_writers(bench):
    second = Tally("R13", "a second writer: exit 75 within 5 s, the first undisturbed")
    freed = Tally("R13", "a killed writer leaves no lock")
    for index in range(bench.some(quick=2, full=12)):
        run, folder = bench.paused(LONG)
        more = ["--overwrite"] if index % 4 > 1 else []
        # HDF5's own locks do not matter.
        environment = {"HDF5_USE_FILE_LOCKING": "FALSE"} if index % 2 else {}
        result = bench.run(bench.extract(LONG, *more), folder, environment)
        is_told = result.code == 75 and result.seconds < bench.within(5) and "another process" in result.messages
        if index % 2:
            run.send(signal.SIGKILL)
            run.result()
            fault = bench.ends_whole(LONG, folder)
            freed.count(fault is None, fault)
        else:
            run.send(signal.SIGCONT)
            first = run.result()
            fault = str(first) if first.code else bench.ends_whole(LONG, folder)
        second.count(is_told and fault is None, f"{result}; {fault}")
    return [second, freed]


def growth(bench):
    memory = Tally("R14", "memory grows by at most 1 MiB for 100,000 rows")
    descriptors = Tally("R14", "the number of open files stays")
    if not os.path.exists("/proc/self/status"):
        raise Skip("needs /proc")
    # What leaks grows in every run; what a busy machine shifts from one half of a run to the other does not.
    for _ in range(3):
        grown, allowed, note, counts = grow(bench)
        if grown <= allowed:
            break
    memory.count(grown <= allowed, note)
    if counts:
        held = counts[len(counts) // 4:]
        descriptors.count(max(held) - min(held) <= 1, f"{min(held)} to {max(held)}")
    return [memory, descriptors]


def grow(bench):
    """(bytes grown, bytes allowed, what to say, numbers of open files) of one long run."""
    capture = Capture(
        "llama-untied", "--raw", "--sites", "ln_final.out", "--positions", "all", "--store", "bf16",
        prompts=30_000)
    folder = bench.folder()
    run = bench.start(bench.extract(capture, "--json"), folder)
    run.wait_for(folder / "run.h5.part")
    sizes, counts = [], []
    while run.is_alive and (folder / "run.h5.part").exists():
        size, count = footprint(run.process.pid)
        sizes.append(size)
        counts.append(count)
        time.sleep(0.02)
    result = run.result()
    if result.code:
        return 1, 0, str(result), []
    rows = int(result.output.split('"rows":')[1].split(",")[0])
    # A quarter to warm up; then the peak of the second half may exceed that of the first by half the slope.
    warm = sizes[len(sizes) // 4:]
    grown = max(warm[len(warm) // 2:]) - max(warm[:len(warm) // 2])
    allowed = max(1 << 20, (1 << 20) * rows / 100_000 / 2)
    return grown, allowed, f"{grown} bytes over {rows} rows, from {max(warm[:len(warm) // 2])}", counts


def footprint(identifier):
    """The bytes of a process that no file backs, and the number of its open files."""
    try:
        with open(f"/proc/{identifier}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        return int(fields["RssAnon"].split()[0]) * 1024, len(os.listdir(f"/proc/{identifier}/fd"))
    except (OSError, KeyError):
        return 0, 0


def lost_folder(bench):
    told = Tally("folder", "output deleted, moved or replaced meanwhile: said so, nothing false")
    for loss in [deleted_folder, moved_folder, deleted_file, replaced_file]:
        for _ in range(bench.some(quick=1, full=4)):
            run, base = bench.paused(LONG, output="out/run.h5")
            fault = loss(bench, base, base / "out", run)
            told.count(fault is None, f"{loss.__name__.replace('_', ' ')}: {fault}")
    return [told]


def fault_of(result):
    """A run whose file or folder was taken away says so, or who else has it."""
    reasons = ["was removed, moved or replaced", "No such file", "by another process"]
    says_so = result.explains_itself and any(reason in result.messages for reason in reasons)
    return None if says_so else str(result)


def deleted_folder(bench, base, folder, run):
    shutil.rmtree(folder)
    run.send(signal.SIGCONT)
    return fault_of(run.result())


def moved_folder(bench, base, folder, run):
    folder.rename(base / "moved")
    run.send(signal.SIGCONT)
    return fault_of(run.result()) or bench.ends_whole(LONG, base / "moved")


def deleted_file(bench, base, folder, run):
    """Before the run has opened the file, it may make another."""
    (folder / "run.h5.part").unlink()
    run.send(signal.SIGCONT)
    result = run.result()
    return (result.code and fault_of(result)) or bench.ends_whole(LONG, folder)


def replaced_file(bench, base, folder, run):
    """Someone removes the unfinished file and begins another run, which is slower than the first."""
    (folder / "run.h5.part").unlink()
    second = bench.start(bench.extract(LONG, output="out/run.h5"), base)
    second.pause_at(folder / "run.h5.part")
    run.send(signal.SIGCONT)
    first = run.result()
    if (folder / "run.h5").exists() and (folder / "run.h5").read_bytes() != bench.whole(LONG):
        second.send(signal.SIGKILL)
        second.result()
        return f"the final name stands for an unfinished file; {first}"
    second.send(signal.SIGCONT)
    result = second.result()
    return fault_of(first) or (str(result) if result.code else bench.ends_whole(LONG, folder))
