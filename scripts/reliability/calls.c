// A preload shim between a program and its files, for Linux.
//
//   CALLS_ROOT=FOLDER   look at this folder and the files below it alone
//   CALLS_LOG=FILE      append every call that changes something there, with its data
//   CALLS_FAIL=K:E      let the K-th of these calls (from 0) fail with the error number E; with E = 0 write
//                       half of what was asked for; with E = -9 kill the process instead
//
// A record is the line "name error inode offset length" and `length` bytes: the data of a write, otherwise
// the path or both paths. The offset of an open or a change of size is the file's size after it. calls.py
// reads this. Calls that libc makes within itself are not seen.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum { SHORTENED = -1 };

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static long count;

static int is_below_root(const char *path) {
  const char *root = getenv("CALLS_ROOT");
  size_t length = root ? strlen(root) : 0;
  return root && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/// Finds where a descriptor leads; returns whether that is below the root.
static int is_watched(int descriptor, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_below_root(path);
}

static void absolute(char out[PATH_MAX], const char *path) {
  char folder[PATH_MAX];
  if (path[0] == '/' || !getcwd(folder, sizeof folder)) snprintf(out, PATH_MAX, "%s", path);
  else snprintf(out, PATH_MAX, "%.*s/%.*s", PATH_MAX / 2, folder, PATH_MAX / 2 - 2, path);
}

/// Counts a call; returns the error it is to fail with, SHORTENED, or 0.
static int fault(void) {
  long number = count++, chosen;
  int error;
  const char *order = getenv("CALLS_FAIL");
  if (!order || sscanf(order, "%ld:%d", &chosen, &error) != 2 || chosen != number) return 0;
  if (error < 0) raise(-error);
  return error ? error : SHORTENED;
}

static void record(
    const char *name, int error, int descriptor, off_t offset, const void *data, size_t length) {
  const char *path = getenv("CALLS_LOG");
  if (!path) return;
  struct stat status = {0};
  if (descriptor >= 0) fstat(descriptor, &status);
  int log = REAL(open)(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  dprintf(log, "%s %d %lu %ld %zu\n", name, error, (unsigned long)status.st_ino, (long)offset, length);
  if (REAL(write)(log, data, length) != (ssize_t)length) abort();
  close(log);
}

static ssize_t write_at(int descriptor, const void *data, size_t length, off_t offset) {
  char path[PATH_MAX];
  if (!is_watched(descriptor, path)) {
    return offset < 0 ? REAL(write)(descriptor, data, length)
                      : REAL(pwrite)(descriptor, data, length, offset);
  }
  pthread_mutex_lock(&turn);
  int error = fault();
  if (error == SHORTENED && length > 1) length /= 2;
  off_t place = offset < 0 ? lseek(descriptor, 0, SEEK_CUR) : offset;
  ssize_t done = -1;
  if (error <= 0) {
    done = offset < 0 ? REAL(write)(descriptor, data, length)
                      : REAL(pwrite)(descriptor, data, length, offset);
    error = done < 0 ? errno : 0;
  }
  record("write", error, descriptor, place, data, done < 0 ? 0 : (size_t)done);
  pthread_mutex_unlock(&turn);
  errno = error;
  return done;
}

static off_t size_of(int descriptor) {
  struct stat status = {0};
  fstat(descriptor, &status);
  return status.st_size;
}

/// Makes a call on a descriptor that returns 0 or -1.
#define DESCRIPTOR_CALL(name, descriptor, call)                                       \
  do {                                                                                \
    char path[PATH_MAX];                                                              \
    if (!is_watched(descriptor, path)) return (call);                                 \
    pthread_mutex_lock(&turn);                                                        \
    int error = fault();                                                              \
    if (error <= 0) error = (call) == 0 ? 0 : errno;                                  \
    record(name, error, descriptor, size_of(descriptor), path, strlen(path));         \
    pthread_mutex_unlock(&turn);                                                      \
    errno = error;                                                                    \
    return error ? -1 : 0;                                                            \
  } while (0)

static int name_call(const char *name, const char *from, const char *to) {
  char paths[2 * PATH_MAX], *second;
  absolute(paths, from);
  second = paths + strlen(paths) + 1;
  absolute(second, to);
  int watched = is_below_root(second) || is_below_root(paths);
  if (watched) pthread_mutex_lock(&turn);
  int error = watched ? fault() : 0;
  if (error <= 0) {
    int status = name[0] == 'r'   ? REAL(rename)(from, to)
                 : name[0] == 'l' ? REAL(link)(from, to)
                                  : REAL(unlink)(from);
    error = status == 0 ? 0 : errno;
  }
  if (watched) {
    record(name, error, -1, 0, paths, (size_t)(second - paths) + strlen(second));
    pthread_mutex_unlock(&turn);
  }
  errno = error;
  return error ? -1 : 0;
}

/// Opening changes something where the file may be written to or is made.
static int open_at(int folder, const char *path, int flags, mode_t mode) {
  char whole[PATH_MAX];
  absolute(whole, path);
  if (!is_below_root(whole) || (flags & O_ACCMODE) == O_RDONLY) {
    return REAL(openat)(folder, path, flags, mode);
  }
  pthread_mutex_lock(&turn);
  int error = fault(), descriptor = -1;
  if (error <= 0) {
    descriptor = REAL(openat)(folder, path, flags, mode);
    error = descriptor < 0 ? errno : 0;
  }
  record("open", error, descriptor, descriptor < 0 ? 0 : size_of(descriptor), whole, strlen(whole));
  pthread_mutex_unlock(&turn);
  errno = error;
  return descriptor;
}

static mode_t mode_of(int flags, va_list rest) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int descriptor = open_at(AT_FDCWD, path, flags, mode_of(flags, rest));
  va_end(rest);
  return descriptor;
}

int openat(int folder, const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  int descriptor = open_at(folder, path, flags, mode_of(flags, rest));
  va_end(rest);
  return descriptor;
}

ssize_t write(int descriptor, const void *data, size_t length) {
  return write_at(descriptor, data, length, -1);
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset) {
  return write_at(descriptor, data, length, offset);
}

int ftruncate(int descriptor, off_t length) {
  DESCRIPTOR_CALL("size", descriptor, REAL(ftruncate)(descriptor, length));
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
  DESCRIPTOR_CALL("size", descriptor, REAL(fallocate)(descriptor, mode, offset, length));
}

int fsync(int descriptor) {
  DESCRIPTOR_CALL("sync", descriptor, REAL(fsync)(descriptor));
}

int fdatasync(int descriptor) {
  DESCRIPTOR_CALL("sync", descriptor, REAL(fdatasync)(descriptor));
}

/// `posix_fallocate` as the calls above would be: -1 and `errno`.
static int reserve(int descriptor, off_t offset, off_t length) {
  errno = REAL(posix_fallocate)(descriptor, offset, length);
  return errno ? -1 : 0;
}

static int watched_reserve(int descriptor, off_t offset, off_t length) {
  DESCRIPTOR_CALL("size", descriptor, reserve(descriptor, offset, length));
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
  return watched_reserve(descriptor, offset, length) == 0 ? 0 : errno;
}

int rename(const char *from, const char *to) { return name_call("rename", from, to); }
int link(const char *from, const char *to) { return name_call("link", from, to); }
int unlink(const char *path) { return name_call("unlink", path, ""); }

// The names of the same calls in programs built for large files.
int open64(const char *, int, ...) __attribute__((alias("open")));
int openat64(int, const char *, int, ...) __attribute__((alias("openat")));
ssize_t pwrite64(int, const void *, size_t, off64_t) __attribute__((alias("pwrite")));
int ftruncate64(int, off64_t) __attribute__((alias("ftruncate")));
int fallocate64(int, int, off64_t, off64_t) __attribute__((alias("fallocate")));
int posix_fallocate64(int, off64_t, off64_t) __attribute__((alias("posix_fallocate")));
