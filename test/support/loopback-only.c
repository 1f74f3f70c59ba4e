/*
 * Loaded into a program with LD_PRELOAD: what wants to listen on every address listens on 127.0.0.1.
 *
 *   cc -shared -fPIC -O2 -Wall -Wextra -o loopback-only.so loopback-only.c -ldl
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  static int (*real_bind)(int, const struct sockaddr *, socklen_t);
  if (real_bind == NULL) real_bind = (int (*)(int, const struct sockaddr *, socklen_t))dlsym(RTLD_NEXT, "bind");
  if (address->sa_family != AF_INET || length < sizeof(struct sockaddr_in)) return real_bind(fd, address, length);
  struct sockaddr_in loopback;
  memcpy(&loopback, address, sizeof loopback);
  if (loopback.sin_addr.s_addr == htonl(INADDR_ANY)) loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return real_bind(fd, (const struct sockaddr *)&loopback, sizeof loopback);
}
