"""What a program did to its files, as calls.c recorded it, and the disks that a crash could leave.

`Disk` follows the calls one by one. After any of them it can be written out as a killed process leaves it,
or as a power cut does: what was synchronised is there, of everything else any part may be.
"""

import copy
import os
import pathlib

PAGE = 4096


class Call:
    """One recorded call."""

    def __init__(self, name, error, inode, offset, payload):
        self.name, self.error, self.inode, self.offset = name, error, inode, offset
        self.data = payload if name == "write" else b""
        self.paths = [os.path.normpath(part) for part in payload.decode().split("\0") if part] \
            if name != "write" else []


def read(log):
    """All calls of a log, in order."""
    calls = []
    with open(log, "rb") as file:
        while True:
            head = file.readline()
            if not head:
                return calls
            name, error, inode, offset, length = head.decode().split()
            calls.append(Call(name, int(error), int(inode), int(offset), file.read(int(length))))


class Node:
    """A file's bytes: those a process reads, those the disk has for certain, and the writes between."""

    def __init__(self, content=b""):
        self.content = bytearray(content)
        self.synchronize()

    def synchronize(self):
        self.durable = bytes(self.content)
        self.pending = {}

    def resize(self, size):
        del self.content[size:]
        self.content.extend(bytes(size - len(self.content)))

    def write(self, offset, data):
        self.resize(max(len(self.content), offset + len(data)))
        self.content[offset:offset + len(data)] = data
        while data:
            page = offset // PAGE
            room = PAGE - offset % PAGE
            self.pending.setdefault(page, []).append((offset, data[:room]))
            offset, data = offset + room, data[room:]

    def after_power_cut(self, numbers):
        """The durable bytes, and any version of each page written since."""
        image = bytearray(self.durable)
        size = numbers.choice([len(self.durable), len(self.content)])
        image.extend(bytes(max(0, size - len(image))))
        newest = numbers.choice([0, 0.3, 0.7, 0.95, 0.99, 1])
        for writes in self.pending.values():
            count = len(writes) if numbers.random() < newest else numbers.randrange(len(writes))
            for offset, data in writes[:count]:
                image[offset:offset + len(data)] = data[:max(0, size - offset)]
        return bytes(image[:size])


class Disk:
    """Files and their names while a program works on them."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.nodes, self.names = {}, {}
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                self.names[str(path)] = path.stat().st_ino
                self.nodes[path.stat().st_ino] = Node(path.read_bytes())
        # The names the disk has for certain, then every state since.
        self.name_states = [dict(self.names)]

    def apply(self, call):
        if call.error:
            return
        if call.name == "open":
            node = self.nodes.setdefault(call.inode, Node())
            node.resize(call.offset)
            self._name(lambda names: names.update({call.paths[0]: call.inode}))
        elif call.name == "write":
            self.nodes[call.inode].write(call.offset, call.data)
        elif call.name == "size":
            self.nodes[call.inode].resize(call.offset)
        elif call.name == "sync" and call.inode in self.nodes:
            self.nodes[call.inode].synchronize()
        elif call.name == "sync":
            self.name_states = [dict(self.names)]
        elif call.name == "rename":
            old, new = call.paths
            self._name(lambda names: names.update({new: names.pop(old)}))
        elif call.name == "link":
            old, new = call.paths
            self._name(lambda names: names.update({new: names[old]}))
        elif call.name == "unlink":
            self._name(lambda names: names.pop(call.paths[0]))

    def _name(self, change):
        before = dict(self.names)
        change(self.names)
        if self.names != before:
            self.name_states.append(dict(self.names))

    def killed(self):
        """The files a killed process leaves, by their paths below the root."""
        return self._files(self.names, lambda node: bytes(node.content))

    def certain(self):
        """The files of which the disk has been told to keep everything."""
        return self._files(self.name_states[0], lambda node: node.durable)

    def after_power_cut(self, numbers):
        """Files that a power cut may leave."""
        return self._files(numbers.choice(self.name_states), lambda node: node.after_power_cut(numbers))

    def _files(self, names, content):
        return {os.path.relpath(path, self.root): content(self.nodes[inode])
                for path, inode in names.items()}


class Recording:
    """A program's run: the files it found, its calls, and the files it left."""

    def __init__(self, start, calls):
        self._start, self.calls = start, calls
        end = self.start()
        for call in calls:
            end.apply(call)
        self.end = end.killed()

    def start(self):
        return copy.deepcopy(self._start)

    def states(self):
        """The disk after each call; the same object throughout."""
        disk = self.start()
        yield disk
        for call in self.calls:
            disk.apply(call)
            yield disk
