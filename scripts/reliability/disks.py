"""R4, R5, R7: disks and outputs that refuse."""

import contextlib
import errno
import os
import re
import resource
import shutil
import signal
import subprocess

from bench import LAST, MEAN, Skip, Tally

PAGE = os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def small_disk(bench):
    """Lends a file system whose size `resize` sets."""
    disk = bench.folder()

    def mount(*arguments):
        done = subprocess.run(["mount", *arguments, str(disk)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Skip("mounting a small disk needs privileges")

    if not shutil.which("mount"):
        raise Skip("needs mount")
    mount("-t", "tmpfs", "-o", f"size={PAGE}", "tmpfs")
    try:
        yield disk, lambda size: mount("-o", f"remount,size={size}")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)


def full_disk(bench):
    refused = Tally("R4", "a full disk: refused within 2 s, bytes needed and free, nothing left")
    filled = Tally("R4", "a disk that others fill meanwhile: every row is written")
    limited = Tally("R4", "a limit on the size of files (ulimit -f): refused in a sentence")
    whole = bench.whole(LAST)
    with small_disk(bench) as (disk, resize):
        sizes = [len(whole) * percent // 6000 for percent in range(100, 8200, 100)]
        for size in bench.sample(sizes, quick=8):
            resize(max(PAGE, size // PAGE * PAGE))
            before = processor_seconds()
            result = bench.run(bench.extract(LAST), disk)
            fault = fault_on_full_disk(bench, disk, result, size < len(whole))
            if result.code and processor_seconds() - before > 2:
                fault = f"told late: {result}"
            refused.count(fault is None, f"{size} bytes for {len(whole)}: {fault}")
            empty(disk)
        for _ in range(bench.some(quick=1, full=10)):
            resize(2 * len(whole))
            fault = fault_when_filled(bench, disk)
            filled.count(fault is None, fault)
            empty(disk)
    for size in bench.sample(range(PAGE, len(whole), len(whole) // 10), quick=2):
        folder = bench.folder()
        result = bench.run(
            bench.extract(LAST), folder,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
        is_told = result.code == 73 and "ulimit" in result.messages and result.explains_itself
        limited.count(is_told and not list(folder.iterdir()), str(result))
    return [refused, filled, limited]


def processor_seconds():
    """The time that processes have had until now, which other load on the machine does not lengthen."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def empty(folder):
    for path in folder.iterdir():
        path.unlink()


def fault_on_full_disk(bench, disk, result, is_too_small):
    if result.code == 0:
        return "exit 0" if is_too_small else bench.ends_whole(LAST, disk)
    if not result.explains_itself:
        return str(result)
    numbers = re.search(r"needs (\d+) bytes, but only (\d+) are free", result.messages)
    if not numbers or int(numbers[1]) <= int(numbers[2]):
        return f"no bytes needed and free: {result}"
    left = [path.name for path in disk.iterdir()]
    return f"left behind: {left}" if left else None


def fault_when_filled(bench, disk):
    run = bench.start(bench.extract(LAST), disk)
    run.pause_at(disk / "run.h5.part", bench.numbers.uniform(0, 0.1))
    with contextlib.suppress(OSError), open(disk / "filler", "wb", buffering=0) as filler:
        while filler.write(bytes(PAGE)):
            pass
    run.send(signal.SIGCONT)
    result = run.result()
    # Where only the manifest finds no room, the run says so and the store is whole.
    if result.code and not ("the store beside it is whole" in result.messages and result.explains_itself):
        return str(result)
    return bench.ends_whole(LAST, disk)


def faults(call):
    """How a call may fail; a write may also be interrupted or short."""
    return [errno.EIO, errno.ENOSPC, errno.EINTR, 0] if call.name == "write" else [errno.EIO]


def failing_calls(bench):
    failed = Tally("R5", "a call fails (EIO, ENOSPC): non-zero, a sentence, no false name")
    passed = Tally("R5", "a call is short, interrupted, an open: whole, or a sentence")
    resumed = Tally("R5", "taken up again: the final file is the same")
    for capture in bench.sample((LAST, MEAN), quick=1):
        calls = bench.recording(capture).calls
        # All calls but most of the many writes.
        writes = [number for number, call in enumerate(calls) if call.name == "write"]
        chosen = sorted(set(range(len(calls))) - set(writes) | set(bench.sample(writes, quick=6, full=25)))
        cases = {(number, kind) for number in bench.sample(chosen, quick=6)
                 for kind in bench.sample(faults(calls[number]), quick=1)}
        # However few are drawn, one has to fail and one need not.
        for number, kind in sorted(cases | {(writes[0], errno.EIO), (writes[0], 0)}):
            name = f"call {number} ({calls[number].name}), {errno.errorcode.get(kind, 'short')}"
            folder = bench.folder()
            result = bench.run(
                bench.extract(capture), folder, bench.watched(folder, fail=f"{number}:{kind}"))
            # HDF5 looks whether a file is there before it makes it, and a file to be replaced is
            # removed first; neither has to succeed.
            must_fail = kind in (errno.EIO, errno.ENOSPC) and calls[number].name not in ("open", "unlink")
            final = folder / "run.h5"
            is_true = not final.exists() or final.read_bytes() == bench.whole(capture)
            is_told = result.explains_itself or result.code == 0 and not must_fail and final.exists()
            (failed if must_fail else passed).count(is_told and is_true, f"{name}: {result}")
            fault = bench.ends_whole(capture, folder)
            resumed.count(fault is None, f"{name}: {fault}")
            shutil.rmtree(folder)
    return [failed, passed, resumed]


# What follows the command, the exit code, and what is said.
OUTPUTS = [
    ("| head -n 1", 0, ""),
    ("| true", 74, ""),
    ("--json | true", 74, ""),
    (">&-", 74, "plumb: Standard output cannot be written: Bad file descriptor.\n"),
    ("> /dev/full", 74, "plumb: Standard output cannot be written: No space left on device.\n"),
    ("<&- >&- 2>&-", 74, ""),
    ("2> /dev/full", 0, ""),
    ("> /dev/full 2> /dev/full", 74, ""),
]


def closed_outputs(bench):
    lost = Tally("R7", "closed or full outputs: the store is whole, the exit code right")
    for ending, code, said in OUTPUTS:
        folder = bench.folder()
        # A reader that ends at once has ended long before the run speaks.
        script = f'{{ "$@" {ending.partition("|")[0]} ; echo $? > "$0"; }}' + "".join(ending.partition("|")[1:])
        result = bench.run(["sh", "-c", script, "code", *bench.extract(LAST)], folder)
        found = int((folder / "code").read_text())
        is_right = found == code and result.messages == said
        fault = bench.ends_whole(LAST, folder)
        lost.count(is_right and fault is None, f"{ending}: exit {found}, {result.messages}; {fault}")
    return [lost]
