"""Compares a store with the uninterrupted run's through h5py, which knows nothing of ours."""

try:
    import h5py
    import numpy
    IS_THERE = True
except ImportError:
    IS_THERE = False


class Reader:
    """Counts units as `plumb verify` does, but by the rows instead of the checksums."""

    def __init__(self, whole):
        with h5py.File(whole, "r") as file:
            self.checksums, self.first_rows = file["commit/crc32c"][:], file["commit/first_row"][:]
            self.status = file["prompts/status"][:]
            self.names = []
            file["activations"].visititems(
                lambda name, item: self.names.append(f"activations/{name}") if isinstance(item, h5py.Dataset) else None)
            self.rows = {name: self._rows(file[name]) for name in self.names}

    def units(self, path):
        """Units written, and those of them in which anything differs from the whole file."""
        with h5py.File(path, "r") as file:
            checksums, status = file["commit/crc32c"][:], file["prompts/status"][:]
            differing = checksums != self.checksums
            differing |= numpy.logical_or.reduceat(status != self.status, numpy.arange(0, len(status), 64))
            for name in self.names:
                rows = (self._rows(file[name]) != self.rows[name]).any(axis=1)
                for unit in range(len(checksums)):
                    differing[unit] |= rows[self.first_rows[unit]:self.first_rows[unit + 1]].any()
        written = checksums != 0
        return int(written.sum()), int((written & differing).sum())

    @staticmethod
    def _rows(dataset):
        """The bytes of each row, so that not-a-number equals itself."""
        values = dataset[:]
        return values.view(numpy.uint8).reshape(len(values), -1)
