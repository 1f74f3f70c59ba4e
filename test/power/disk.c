/*
 * A disk that can lose power, break, and kill. Loaded into the daemon with LD_PRELOAD; needs no privileges.
 *
 *   POWER_LIVE=DIR          the folder that is watched
 *   POWER_SHADOW=DIR        keeps what a power cut could not take away: each file as it was at its last sync, and
 *                           the names of each folder as they were at the folder's last sync:
 *                             file/ID   content          folder/ID   lines "f|d ID NAME"
 *                             begun     there once all that was there at the start is kept
 *                           ID is the inode and its birth, so that a renamed file keeps its content. What is there
 *                           when the program starts counts as synced. Syncs are not passed on to the real disk.
 *   POWER_SYNCS=ignored     no sync makes anything durable: a disk that lies
 *   POWER_SYNCS=files       folders are not made durable: finds a forgotten sync of a folder
 *   POWER_RULES=RULE,RULE   each "ACTION:CALL:PATH:NTH"
 *                             ACTION  die, tear (write half, then die), hang (this call and those after it never come
 *                                     back), or from then on an error: ENOSPC (what is there can be overwritten), EROFS
 *                                     (nothing can be opened for writing either), EIO
 *                             CALL    write, sync, rename
 *                             PATH    what the path ends with (rename: the new name)
 *   POWER_TOLD=FD           where a killing or hanging rule says that it strikes, before it does
 *
 * The content is taken before a sync returns, whole: what is written while the sync runs may be lost. Not seen: O_SYNC,
 * msync, io_uring, syncfs.
 *
 *   cc -shared -fPIC -O2 -Wall -Wextra -o disk.so disk.c -ldl -lpthread
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { CALL_WRITE, CALL_SYNC, CALL_RENAME };
enum action { DIE, TEAR, HANG, FAIL };

struct rule {
  enum action action;
  enum call call;
  int error;
  long left;
  char path[128];
};

#define RULES_MAX 8
#define PAGE 4096
static const char *live, *shadow;
static size_t live_length;
static bool files_sync = true, folders_sync = true;
static struct rule rules[RULES_MAX];
static int rules_count;
static int told = -1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_pwritev)(int, const struct iovec *, int, off_t);
static int (*real_ftruncate)(int, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_rename)(const char *, const char *);
static int (*real_open)(const char *, int, ...);

/* ---------------------------------------------------------------- which file */

static bool is_live(const char *path) {
  return live != NULL && strncmp(path, live, live_length) == 0 && (path[live_length] == '/' || path[live_length] == 0);
}

static bool path_of(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return false;
  path[length] = 0;
  return true;
}

struct identity {
  mode_t mode;
  off_t size;
  char id[64];
};

static bool identify(int fd, const char *name, struct identity *found) {
  struct statx x;
  int flags = name[0] == 0 ? AT_EMPTY_PATH : AT_SYMLINK_NOFOLLOW;
  if (statx(fd, name, flags, STATX_BASIC_STATS | STATX_BTIME, &x) != 0) return false;
  found->mode = x.stx_mode;
  found->size = (off_t)x.stx_size;
  long long born = (long long)x.stx_btime.tv_sec * 1000000000LL + x.stx_btime.tv_nsec;
  snprintf(found->id, sizeof found->id, "%llu-%lld", (unsigned long long)x.stx_ino, born);
  return true;
}

/* ---------------------------------------------------------------- what is durable */

static int create(const char *path) { return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600); }

/* Page by page and only what differs, the size last: dying half-way leaves what a cut during the sync could leave. */
static void keep_file(int fd, const struct identity *file) {
  static char now[16 * PAGE], before[16 * PAGE];
  char source[64], path[PATH_MAX];
  snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
  snprintf(path, sizeof path, "%s/file/%s", shadow, file->id);
  int from = open(source, O_RDONLY | O_CLOEXEC);
  int to = from < 0 ? -1 : create(path);
  if (to < 0) {
    if (from >= 0) close(from);
    return;
  }
  for (off_t at = 0; at < file->size; at += sizeof now) {
    ssize_t length = pread(from, now, sizeof now, at);
    if (length <= 0) break;
    if (at + length > file->size) length = file->size - at;
    ssize_t known = pread(to, before, (size_t)length, at);
    for (ssize_t page = 0; page < length; page += PAGE) {
      size_t size = length - page < PAGE ? (size_t)(length - page) : PAGE;
      bool same = known >= page + (ssize_t)size && memcmp(now + page, before + page, size) == 0;
      if (!same && syscall(SYS_pwrite64, to, now + page, size, at + page) < 0) break;
    }
  }
  if (syscall(SYS_ftruncate, to, file->size) != 0) fprintf(stderr, "disk: the shadow cannot be written\n");
  close(from);
  close(to);
}

static void keep_folder(int fd, const struct identity *folder) {
  char path[PATH_MAX], fresh[PATH_MAX];
  snprintf(path, sizeof path, "%s/folder/%s", shadow, folder->id);
  snprintf(fresh, sizeof fresh, "%s/folder.new", shadow);
  int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = again < 0 ? NULL : fdopendir(again);
  if (entries == NULL) return;
  char *text = NULL;
  size_t length = 0;
  FILE *out = open_memstream(&text, &length);
  for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
    struct identity child;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (!identify(fd, entry->d_name, &child)) continue;
    if (S_ISREG(child.mode) || S_ISDIR(child.mode))
      fprintf(out, "%c %s %s\n", S_ISDIR(child.mode) ? 'd' : 'f', child.id, entry->d_name);
  }
  closedir(entries);
  fclose(out);
  unlink(fresh);
  int to = create(fresh);
  if (to >= 0) {
    if (syscall(SYS_write, to, text, length) != (long)length) fprintf(stderr, "disk: the shadow cannot be written\n");
    close(to);
    syscall(SYS_rename, fresh, path);
  }
  free(text);
}

static void keep(int fd) {
  char path[PATH_MAX];
  struct identity found;
  int saved = errno;
  if (shadow == NULL || !path_of(fd, path) || !is_live(path) || !identify(fd, "", &found)) {
    errno = saved;
    return;
  }
  pthread_mutex_lock(&lock);
  if (S_ISDIR(found.mode) && folders_sync) keep_folder(fd, &found);
  if (S_ISREG(found.mode) && files_sync) keep_file(fd, &found);
  pthread_mutex_unlock(&lock);
  errno = saved;
}

/* When the power comes back, all that is there is there. */
static void keep_all(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *entries = fd < 0 ? NULL : fdopendir(dup(fd));
  struct identity found;
  if (entries == NULL || !identify(fd, "", &found)) return;
  keep_folder(fd, &found);
  for (struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries)) {
    char child[PATH_MAX];
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if (snprintf(child, sizeof child, "%s/%s", path, entry->d_name) >= (int)sizeof child) continue;
    if (!identify(fd, entry->d_name, &found)) continue;
    if (S_ISDIR(found.mode)) keep_all(child);
    if (!S_ISREG(found.mode)) continue;
    int file = open(child, O_RDONLY | O_CLOEXEC);
    if (file < 0) continue;
    keep_file(file, &found);
    close(file);
  }
  closedir(entries);
  close(fd);
}

/* A program that dies before all of it is kept has not touched the disk yet. */
static void keep_begin(void) {
  char path[PATH_MAX];
  keep_all(live);
  snprintf(path, sizeof path, "%s/begun", shadow);
  int fd = create(path);
  if (fd >= 0) close(fd);
}

/* ---------------------------------------------------------------- rules */

static bool ends_with(const char *text, const char *end) {
  size_t length = strlen(text), tail = strlen(end);
  return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void tell(const struct rule *rule) {
  char words[160];
  int length = snprintf(words, sizeof words, "hit disk %s\n", rule->path);
  if (told >= 0 && syscall(SYS_write, told, words, length) < 0) _exit(99);
}

static void die(const struct rule *rule) {
  tell(rule);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

static void hang(const struct rule *rule) {
  tell(rule);
  for (;;) pause();
}

/* The rule that strikes this call, if any. Every rule counts the calls that it fits. */
static const struct rule *struck(enum call call, const char *path) {
  const struct rule *found = NULL;
  pthread_mutex_lock(&lock);
  for (int at = 0; at < rules_count; at += 1) {
    struct rule *rule = &rules[at];
    if (rule->call != call || !ends_with(path, rule->path)) continue;
    if (rule->left > 0) rule->left -= 1;
    if (rule->left == 0 && found == NULL) found = rule;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

static const struct rule *struck_fd(enum call call, int fd) {
  char path[PATH_MAX];
  int saved = errno;
  if (rules_count == 0 || !path_of(fd, path) || !is_live(path)) {
    errno = saved;
    return NULL;
  }
  errno = saved;
  return struck(call, path);
}

/* A full disk still takes what replaces something that is there. */
static bool has_room(int fd, size_t size, off_t at) {
  struct stat found;
  return fstat(fd, &found) == 0 && at >= 0 && at + (off_t)size <= found.st_size;
}

static bool fails(const struct rule *rule) {
  if (rule == NULL) return false;
  if (rule->action == DIE) die(rule);
  if (rule->action == HANG) hang(rule);
  if (rule->action == FAIL) errno = rule->error;
  return rule->action == FAIL;
}

/* The file system went read-only: a rule has said so before. */
static bool is_read_only(const char *path) {
  bool found = false;
  pthread_mutex_lock(&lock);
  for (int at = 0; at < rules_count; at += 1) {
    const struct rule *rule = &rules[at];
    found |= rule->action == FAIL && rule->error == EROFS && rule->left == 0 && ends_with(path, rule->path);
  }
  pthread_mutex_unlock(&lock);
  if (found) errno = EROFS;
  return found;
}

static void add_rule(char *text) {
  char *action = strsep(&text, ":"), *call = strsep(&text, ":"), *path = strsep(&text, ":"), *nth = text;
  if (nth == NULL || rules_count == RULES_MAX) {
    fprintf(stderr, "disk: a rule is not understood\n");
    _exit(99);
  }
  struct rule *rule = &rules[rules_count++];
  rule->call = strcmp(call, "sync") == 0 ? CALL_SYNC : strcmp(call, "rename") == 0 ? CALL_RENAME : CALL_WRITE;
  rule->action = strcmp(action, "die") == 0 ? DIE : strcmp(action, "tear") == 0 ? TEAR : strcmp(action, "hang") == 0 ? HANG : FAIL;
  rule->error = strcmp(action, "EROFS") == 0 ? EROFS : strcmp(action, "EIO") == 0 ? EIO : ENOSPC;
  rule->left = atol(nth);
  snprintf(rule->path, sizeof rule->path, "%s", path);
}

/* ---------------------------------------------------------------- the calls */

__attribute__((constructor)) static void begin(void) {
  real_write = dlsym(RTLD_NEXT, "write");
  real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
  real_writev = dlsym(RTLD_NEXT, "writev");
  real_pwritev = dlsym(RTLD_NEXT, "pwritev64");
  real_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
  real_fsync = dlsym(RTLD_NEXT, "fsync");
  real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  real_rename = dlsym(RTLD_NEXT, "rename");
  real_open = dlsym(RTLD_NEXT, "open64");
  live = getenv("POWER_LIVE");
  shadow = getenv("POWER_SHADOW");
  if (live != NULL) live_length = strlen(live);
  if (getenv("POWER_TOLD") != NULL) told = atoi(getenv("POWER_TOLD"));
  char *given = getenv("POWER_RULES");
  char *copy = given == NULL || given[0] == 0 ? NULL : strdup(given);
  while (copy != NULL) add_rule(strsep(&copy, ","));
  if (live != NULL && shadow != NULL) keep_begin();
  const char *syncs = getenv("POWER_SYNCS");
  if (syncs != NULL && strcmp(syncs, "ignored") == 0) files_sync = folders_sync = false;
  if (syncs != NULL && strcmp(syncs, "files") == 0) folders_sync = false;
  /* A child would take what it finds for synced. */
  unsetenv("LD_PRELOAD");
}

ssize_t write(int fd, const void *data, size_t size) {
  const struct rule *rule = struck_fd(CALL_WRITE, fd);
  if (fails(rule)) return -1;
  if (rule == NULL) return real_write(fd, data, size);
  if (real_write(fd, data, size / 2) >= 0) die(rule);
  return -1;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) {
  const struct rule *rule = struck_fd(CALL_WRITE, fd);
  if (rule != NULL && rule->error == ENOSPC && has_room(fd, size, at)) rule = NULL;
  if (fails(rule)) return -1;
  if (rule == NULL) return real_pwrite(fd, data, size, at);
  if (real_pwrite(fd, data, size / 2, at) >= 0) die(rule);
  return -1;
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return pwrite64(fd, data, size, at); }

ssize_t writev(int fd, const struct iovec *parts, int count) {
  const struct rule *rule = struck_fd(CALL_WRITE, fd);
  if (fails(rule)) return -1;
  if (rule == NULL) return real_writev(fd, parts, count);
  if (real_writev(fd, parts, (count + 1) / 2) >= 0) die(rule);
  return -1;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) {
  const struct rule *rule = struck_fd(CALL_WRITE, fd);
  if (fails(rule)) return -1;
  if (rule == NULL) return real_pwritev(fd, parts, count, at);
  if (real_pwritev(fd, parts, (count + 1) / 2, at) >= 0) die(rule);
  return -1;
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return pwritev64(fd, parts, count, at); }

int ftruncate64(int fd, off_t size) {
  const struct rule *rule = struck_fd(CALL_WRITE, fd);
  /* A file that grows in this way takes no room yet. */
  if (rule != NULL && rule->error == ENOSPC) rule = NULL;
  return fails(rule) ? -1 : real_ftruncate(fd, size);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, int (*real)(int)) {
  if (fails(struck_fd(CALL_SYNC, fd))) return -1;
  if (shadow == NULL) return real(fd);
  keep(fd);
  return 0;
}

int fsync(int fd) { return synced(fd, real_fsync); }
int fdatasync(int fd) { return synced(fd, real_fdatasync); }

int rename(const char *from, const char *to) {
  if (is_live(to) && is_read_only(to)) return -1;
  if (is_live(to) && rules_count > 0 && fails(struck(CALL_RENAME, to))) return -1;
  return real_rename(from, to);
}

int open64(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  bool writes = (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0;
  if (writes && is_live(path) && is_read_only(path)) return -1;
  return real_open(path, flags, mode);
}
int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open64(path, flags, mode);
}
