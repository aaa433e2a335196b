#!/bin/sh
# Installs the system libraries the build needs. Says nothing when they are there.
set -eu

packages="libopenblas-dev libhdf5-dev libdnnl-dev zlib1g-dev pkg-config"

have_libraries() {
  command -v pkg-config >/dev/null 2>&1 \
    && pkg-config --exists openblas hdf5 zlib \
    && { [ -e /usr/include/dnnl.h ] || [ -e /usr/include/oneapi/dnnl/dnnl.h ] \
      || [ -e /usr/local/include/dnnl.h ] || [ -e /opt/homebrew/include/dnnl.h ]; }
}

if have_libraries; then
  exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: OpenBLAS, HDF5, oneDNN, zlib and pkg-config are needed; install them with your package manager (Debian: $packages)." >&2
  exit 1
fi

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1; then
  as_root="sudo"
else
  echo "setup: ask an administrator to run: apt-get install $packages" >&2
  exit 1
fi

echo "setup: installing $packages" >&2
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # the package list is meant to be split
$as_root apt-get install -y -q $packages >/dev/null 2>&1 || {
  $as_root apt-get update -q >/dev/null
  $as_root apt-get install -y -q $packages >/dev/null
}

if ! have_libraries; then
  echo "setup: the libraries are installed, but pkg-config does not find openblas, hdf5 and zlib or dnnl.h is missing." >&2
  exit 1
fi
