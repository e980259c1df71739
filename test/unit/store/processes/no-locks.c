/* Preloaded, all folders are of NFS whose server has no locks: LOCK_ERRNO is what it answers. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/vfs.h>

static int passed(const char *name, int descriptor, int command, void *argument) {
  if (command == F_SETLK || command == F_SETLKW) {
    errno = atoi(getenv("LOCK_ERRNO"));
    return -1;
  }
  int (*real)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, name);
  return real(descriptor, command, argument);
}

int fcntl(int descriptor, int command, ...) {
  va_list list;
  va_start(list, command);
  void *argument = va_arg(list, void *);
  va_end(list);
  return passed("fcntl", descriptor, command, argument);
}

int fcntl64(int descriptor, int command, ...) {
  va_list list;
  va_start(list, command);
  void *argument = va_arg(list, void *);
  va_end(list);
  return passed("fcntl64", descriptor, command, argument);
}

int statfs(const char *path, struct statfs *found) {
  int (*real)(const char *, struct statfs *) = (int (*)(const char *, struct statfs *))dlsym(RTLD_NEXT, "statfs");
  int answer = real(path, found);
  found->f_type = 0x6969;
  return answer;
}

int statfs64(const char *path, struct statfs64 *found) {
  int (*real)(const char *, struct statfs64 *) = (int (*)(const char *, struct statfs64 *))dlsym(RTLD_NEXT, "statfs64");
  int answer = real(path, found);
  found->f_type = 0x6969;
  return answer;
}
