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
            self.rows = {}
            file["activations"].visititems(self._keep)

    def _keep(self, name, item):
        if isinstance(item, h5py.Dataset):
            self.rows[item.name] = self._rows(item)

    def units(self, path):
        """Units written, and those of them in which anything differs from the whole file."""
        with h5py.File(path, "r") as file:
            checksums, status = file["commit/crc32c"][:], file["prompts/status"][:]
            differing = checksums != self.checksums
            differing |= numpy.logical_or.reduceat(status != self.status, numpy.arange(0, len(status), 64))
            for name, expected in self.rows.items():
                rows = (self._rows(file[name]) != expected).any(axis=1)
                for unit in range(len(checksums)):
                    differing[unit] |= rows[self.first_rows[unit]:self.first_rows[unit + 1]].any()
        written = checksums != 0
        return int(written.sum()), int((written & differing).sum())

    @staticmethod
    def _rows(dataset):
        """The bytes of each row, so that not-a-number equals itself."""
        values = dataset[:]
        return values.view(numpy.uint8).reshape(len(values), -1)
