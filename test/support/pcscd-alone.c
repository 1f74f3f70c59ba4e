/*
 * Loaded into pcscd with LD_PRELOAD, for one of a test's own: what wants to listen on every address listens on 127.0.0.1, and a user who
 * may not make the folder of the machine's pcscd does without.
 *
 *   cc -shared -fPIC -O2 -Wall -Wextra -o pcscd-alone.so pcscd-alone.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*real_bind)(int, const struct sockaddr *, socklen_t);
  if (real_bind == NULL) real_bind = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  if (address->sa_family != AF_INET || length < sizeof(struct sockaddr_in)) return real_bind(fd, address, length);
  struct sockaddr_in loopback;
  memcpy(&loopback, address, sizeof loopback);
  if (loopback.sin_addr.s_addr == htonl(INADDR_ANY)) loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return real_bind(fd, (const struct sockaddr *)&loopback, sizeof loopback);
}

int mkdir(const char *path, mode_t mode) {
  static int (*real_mkdir)(const char *, mode_t);
  if (real_mkdir == NULL) real_mkdir = (int (*)(const char *, mode_t))dlsym(RTLD_NEXT, "mkdir");
  int result = real_mkdir(path, mode);
  if (result != 0 && strcmp(path, "/run/pcscd") == 0) errno = EEXIST;
  return result;
}
