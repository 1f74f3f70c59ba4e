/*
 * A disk that hangs. Loaded into the daemon with LD_PRELOAD: while the file HANG_WHILE exists, no sync of a file whose path contains
 * HANG_PATH returns.
 *
 *   cc -shared -fPIC -O2 -Wall -Wextra -o hang.so hang.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void wait_while_it_hangs(int fd) {
  const char *file = getenv("HANG_WHILE"), *part = getenv("HANG_PATH");
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (file == NULL || part == NULL || length < 0) return;
  path[length] = 0;
  while (strstr(path, part) != NULL && access(file, F_OK) == 0) usleep(10000);
}

int fsync(int fd) {
  wait_while_it_hangs(fd);
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  return real(fd);
}

int fdatasync(int fd) {
  wait_while_it_hangs(fd);
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  return real(fd);
}
