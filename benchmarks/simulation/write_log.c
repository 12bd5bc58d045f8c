/* A log of everything that a process does to the files of one folder.

   Preloaded (LD_PRELOAD), it stands between the process and the C library: each call that changes a file or a name
   below $WORLD_FOLDER is carried out and then written to $WORLD_LOG, in one order for all threads.
   `disk.py` reads the log. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { WRITE = 1, SIZE, SYNC, CREATE, REMOVE, RENAME, LINK, FOLDER, UNFOLDER, MARK };

struct head { uint32_t kind, first, second; uint64_t inode, offset, length; } __attribute__((packed));

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int to_log = -1;
static char folder[PATH_MAX];
static size_t folder_length;

#define REAL(name) ((__typeof__(&name)) real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

/* Begin as the environment says; called again by a forked process whose environment has changed. */
__attribute__((visibility("default"))) void world_begin(void) {
  const char *log = getenv("WORLD_LOG"), *where = getenv("WORLD_FOLDER");
  if (to_log >= 0) close(to_log);
  to_log = -1;
  if (!log || !where || !realpath(where, folder)) return;
  folder_length = strlen(folder);
  int low = REAL(open64)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  to_log = fcntl(low, F_DUPFD_CLOEXEC, 900); /* out of the way of the process's own numbers */
  REAL(close)(low);
}

__attribute__((constructor)) static void begin(void) { world_begin(); }

static int is_ours(const char *path) {
  return to_log >= 0 && !strncmp(path, folder, folder_length) && (path[folder_length] == '/' || !path[folder_length]);
}

/* The real path of a name, whose last part may not exist; "" where it is none of ours. */
static const char *place(int at, const char *name, char *out) {
  char whole[PATH_MAX], above[PATH_MAX], link[64];
  if (to_log < 0 || !name || !*name) return *out = 0, out;
  if (*name == '/') snprintf(whole, sizeof whole, "%s", name);
  else {
    char base[PATH_MAX];
    if (at == AT_FDCWD) { if (!getcwd(base, sizeof base)) return *out = 0, out; }
    else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", at);
      ssize_t got = readlink(link, base, sizeof base - 1);
      if (got < 0) return *out = 0, out;
      base[got] = 0;
    }
    if (snprintf(whole, sizeof whole, "%s/%s", base, name) >= (int) sizeof whole) return *out = 0, out;
  }
  for (size_t end = strlen(whole); end > 1 && whole[end - 1] == '/'; end--) whole[end - 1] = 0;
  char *last = strrchr(whole, '/');
  if (!last) return *out = 0, out;
  *last = 0;
  if (!realpath(*whole ? whole : "/", above)) return *out = 0, out;
  if (snprintf(out, PATH_MAX, "%s/%s", above, last + 1) >= PATH_MAX || !is_ours(out)) *out = 0;
  return out;
}

static uint64_t inode_of(int fd, int *is_folder, char *path) {
  struct stat64 st;
  char link[64];
  *is_folder = 0;
  if (to_log < 0 || fd < 0 || fd == to_log || fstat64(fd, &st)) return 0;
  if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t got = readlink(link, path, PATH_MAX - 1);
  if (got < 0) return 0;
  path[got] = 0;
  *is_folder = S_ISDIR(st.st_mode);
  return is_ours(path) ? st.st_ino : 0;
}

static void say(uint32_t kind, uint64_t inode, uint64_t offset, const char *one, const char *two, const void *data, size_t length) {
  struct head head = {kind, (uint32_t) strlen(one), (uint32_t) strlen(two), inode, offset, length};
  struct iovec parts[] = {{&head, sizeof head}, {(void *) one, head.first}, {(void *) two, head.second}, {(void *) data, data ? length : 0}};
  if (REAL(writev)(to_log, parts, 4) < 0) abort();
}

#define LOCKED(type, body) do { pthread_mutex_lock(&turn); type result; int kept; body; kept = errno; pthread_mutex_unlock(&turn); errno = kept; return result; } while (0)

__attribute__((visibility("default"))) void world_mark(const char *text) {
  pthread_mutex_lock(&turn);
  if (to_log >= 0) say(MARK, 0, 0, text, "", 0, 0);
  pthread_mutex_unlock(&turn);
}

static ssize_t put(int fd, const void *data, size_t length, off64_t offset, int is_at, uint64_t inode) {
  if (!is_at) offset = fcntl(fd, F_GETFL) & O_APPEND ? lseek64(fd, 0, SEEK_END) : lseek64(fd, 0, SEEK_CUR);
  ssize_t got = is_at ? REAL(pwrite64)(fd, data, length, offset) : REAL(write)(fd, data, length);
  if (got > 0) say(WRITE, inode, (uint64_t) offset, "", "", data, (size_t) got);
  return got;
}

#define PUT(plain, is_at, where) \
  int is_folder; char where_it_is[PATH_MAX]; uint64_t inode = inode_of(fd, &is_folder, where_it_is); \
  if (!inode || is_folder) return plain; \
  LOCKED(ssize_t, result = put(fd, data, length, where, is_at, inode))

ssize_t write(int fd, const void *data, size_t length) { PUT(REAL(write)(fd, data, length), 0, 0); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t where) { PUT(REAL(pwrite64)(fd, data, length, where), 1, where); }
ssize_t pwrite(int fd, const void *data, size_t length, off_t where) { PUT(REAL(pwrite64)(fd, data, length, where), 1, where); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  int is_folder; char where_it_is[PATH_MAX];
  if (!inode_of(fd, &is_folder, where_it_is) || is_folder) return REAL(writev)(fd, parts, count);
  ssize_t all = 0;
  for (int part = 0; part < count; part++) {
    ssize_t got = write(fd, parts[part].iov_base, parts[part].iov_len);
    if (got < 0) return all ? all : got;
    all += got;
    if ((size_t) got < parts[part].iov_len) break;
  }
  return all;
}

/* Copies within the kernel go through memory where they would change a file of ours. */
ssize_t sendfile64(int to, int from, off64_t *where, size_t length) {
  int is_folder; char where_it_is[PATH_MAX];
  char data[65536];
  if (!inode_of(to, &is_folder, where_it_is)) return REAL(sendfile64)(to, from, where, length);
  size_t wanted = length < sizeof data ? length : sizeof data;
  ssize_t got = where ? pread64(from, data, wanted, *where) : read(from, data, wanted);
  if (got > 0) got = write(to, data, (size_t) got);
  if (got > 0 && where) *where += got;
  return got;
}
ssize_t sendfile(int to, int from, off_t *where, size_t length) { return sendfile64(to, from, (off64_t *) where, length); }
ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t length, unsigned flags) {
  int is_folder; char where_it_is[PATH_MAX];
  if (inode_of(to, &is_folder, where_it_is)) return errno = EXDEV, -1; /* callers fall back to reading and writing */
  return REAL(copy_file_range)(from, a, to, b, length, flags);
}

static int resize(int fd, off64_t size, uint64_t inode) {
  int got = REAL(ftruncate64)(fd, size);
  if (!got) say(SIZE, inode, (uint64_t) size, "", "", 0, 0);
  return got;
}
int ftruncate64(int fd, off64_t size) {
  int is_folder; char where_it_is[PATH_MAX]; uint64_t inode = inode_of(fd, &is_folder, where_it_is);
  if (!inode) return REAL(ftruncate64)(fd, size);
  LOCKED(int, result = resize(fd, size, inode));
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int posix_fallocate64(int fd, off64_t from, off64_t length) {
  int is_folder; char where_it_is[PATH_MAX]; uint64_t inode = inode_of(fd, &is_folder, where_it_is);
  if (!inode) return REAL(posix_fallocate64)(fd, from, length);
  struct stat64 st;
  if (!fstat64(fd, &st) && st.st_size >= from + length) return 0;
  LOCKED(int, result = resize(fd, from + length, inode) ? errno : 0);
}
int posix_fallocate(int fd, off_t from, off_t length) { return posix_fallocate64(fd, from, length); }
int fallocate64(int fd, int mode, off64_t from, off64_t length) {
  int is_folder; char where_it_is[PATH_MAX];
  if (inode_of(fd, &is_folder, where_it_is)) return errno = EOPNOTSUPP, -1;
  return REAL(fallocate64)(fd, mode, from, length);
}
int fallocate(int fd, int mode, off_t from, off_t length) { return fallocate64(fd, mode, from, length); }

static int sync_one(int fd, uint64_t inode, const char *path) {
  int got = REAL(fdatasync)(fd); /* the machine's own disk is not what is tested */
  if (!got) say(SYNC, *path ? 0 : inode, 0, path, "", 0, 0);
  return got;
}
int fsync(int fd) {
  int is_folder; char where_it_is[PATH_MAX]; uint64_t inode = inode_of(fd, &is_folder, where_it_is);
  if (!inode) return REAL(fsync)(fd);
  LOCKED(int, result = sync_one(fd, inode, is_folder ? where_it_is : ""));
}
int fdatasync(int fd) { return fsync(fd); }

static int open_one(int at, const char *name, int flags, mode_t mode) {
  char path[PATH_MAX];
  struct stat64 st;
  if (to_log < 0 || !(flags & (O_CREAT | O_TRUNC)) || !*place(at, name, path)) return REAL(openat64)(at, name, flags, mode);
  pthread_mutex_lock(&turn);
  int is_new = lstat64(path, &st) != 0, fd, kept;
  fd = REAL(openat64)(at, name, flags, mode);
  if (fd >= 0 && !fstat64(fd, &st) && S_ISREG(st.st_mode)) {
    if (is_new) say(CREATE, st.st_ino, 0, path, "", 0, 0);
    else if (flags & O_TRUNC) say(SIZE, st.st_ino, 0, "", "", 0, 0);
  }
  kept = errno, pthread_mutex_unlock(&turn), errno = kept;
  return fd;
}
#define MODE() mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list more; va_start(more, flags); mode = va_arg(more, mode_t); va_end(more); }
int open64(const char *name, int flags, ...) { MODE(); return open_one(AT_FDCWD, name, flags, mode); }
int open(const char *name, int flags, ...) { MODE(); return open_one(AT_FDCWD, name, flags, mode); }
int openat64(int at, const char *name, int flags, ...) { MODE(); return open_one(at, name, flags, mode); }
int openat(int at, const char *name, int flags, ...) { MODE(); return open_one(at, name, flags, mode); }
int creat64(const char *name, mode_t mode) { return open_one(AT_FDCWD, name, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat(const char *name, mode_t mode) { return creat64(name, mode); }

/* The C library's own streams write by no name that can be replaced: they become streams of ours. */
static ssize_t stream_read(void *fd, char *data, size_t length) { return read((int) (intptr_t) fd, data, length); }
static ssize_t stream_write(void *fd, const char *data, size_t length) {
  ssize_t got = write((int) (intptr_t) fd, data, length);
  return got < 0 ? 0 : got;
}
static int stream_seek(void *fd, off64_t *where, int from) {
  off64_t got = lseek64((int) (intptr_t) fd, *where, from);
  if (got < 0) return -1;
  *where = got;
  return 0;
}
static int stream_close(void *fd) { return close((int) (intptr_t) fd); }
static FILE *stream(int fd, const char *mode) {
  cookie_io_functions_t ways = {stream_read, stream_write, stream_seek, stream_close};
  return fopencookie((void *) (intptr_t) fd, mode, ways);
}
FILE *fdopen(int fd, const char *mode) {
  int is_folder; char where_it_is[PATH_MAX];
  if ((*mode == 'r' && !strchr(mode, '+')) || !inode_of(fd, &is_folder, where_it_is)) return REAL(fdopen)(fd, mode);
  return stream(fd, mode);
}
FILE *fopen64(const char *name, const char *mode) {
  char path[PATH_MAX];
  if ((*mode == 'r' && !strchr(mode, '+')) || !*place(AT_FDCWD, name, path)) return REAL(fopen64)(name, mode);
  int flags = strchr(mode, '+') ? O_RDWR : O_WRONLY;
  flags |= *mode == 'w' ? O_CREAT | O_TRUNC : *mode == 'a' ? O_CREAT | O_APPEND : 0;
  int fd = open_one(AT_FDCWD, name, flags | (strchr(mode, 'x') ? O_EXCL : 0), 0666);
  return fd < 0 ? NULL : stream(fd, mode);
}
FILE *fopen(const char *name, const char *mode) { return fopen64(name, mode); }

#define NAMED(plain, at, name, kind) \
  char path[PATH_MAX]; if (!*place(at, name, path)) return plain; \
  LOCKED(int, result = plain; if (!result) say(kind, 0, 0, path, "", 0, 0))

int unlink(const char *name) { NAMED(REAL(unlink)(name), AT_FDCWD, name, REMOVE); }
int rmdir(const char *name) { NAMED(REAL(rmdir)(name), AT_FDCWD, name, UNFOLDER); }
int mkdir(const char *name, mode_t mode) { NAMED(REAL(mkdir)(name, mode), AT_FDCWD, name, FOLDER); }
int mkdirat(int at, const char *name, mode_t mode) { NAMED(REAL(mkdirat)(at, name, mode), at, name, FOLDER); }
int unlinkat(int at, const char *name, int flags) { NAMED(REAL(unlinkat)(at, name, flags), at, name, flags & AT_REMOVEDIR ? UNFOLDER : REMOVE); }
int remove(const char *name) {
  struct stat64 st;
  return !lstat64(name, &st) && S_ISDIR(st.st_mode) ? rmdir(name) : unlink(name);
}

#define PAIR(plain, at, old, to, fresh, kind) \
  char path[PATH_MAX], other[PATH_MAX]; place(at, old, path), place(to, fresh, other); \
  if (!*path && !*other) return plain; \
  LOCKED(int, result = plain; if (!result) say(kind, 0, 0, path, other, 0, 0))

int rename(const char *old, const char *fresh) { PAIR(REAL(rename)(old, fresh), AT_FDCWD, old, AT_FDCWD, fresh, RENAME); }
int renameat(int at, const char *old, int to, const char *fresh) { PAIR(REAL(renameat)(at, old, to, fresh), at, old, to, fresh, RENAME); }
int link(const char *old, const char *fresh) { PAIR(REAL(link)(old, fresh), AT_FDCWD, old, AT_FDCWD, fresh, LINK); }
int linkat(int at, const char *old, int to, const char *fresh, int flags) { PAIR(REAL(linkat)(at, old, to, fresh, flags), at, old, to, fresh, LINK); }
