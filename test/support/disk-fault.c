/* A disk that begins to fail: while the file FAULT_FILE is there, every call that it names fails on the files below
   FAULT_BELOW, with the error whose number it gives. "write 30" or "flush 5". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int fd, const char *call) {
  const char *below = getenv("FAULT_BELOW"), *file = getenv("FAULT_FILE");
  char self[64], path[4096], named[16];
  int number;
  FILE *fault = file == NULL ? NULL : fopen(file, "r");
  if (fault == NULL) return 0;
  int read = fscanf(fault, "%15s %d", named, &number);
  fclose(fault);
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(self, path, sizeof path - 1);
  if (read != 2 || below == NULL || length < 0 || strcmp(named, call) != 0) return 0;
  if (strncmp(path, below, strlen(below)) != 0) return 0;
  errno = number;
  return 1;
}

#define HOOK(NAME, CALL, RESULT, PARAMETERS, VALUES)                   \
  RESULT NAME PARAMETERS {                                             \
    if (fails(fd, CALL)) return -1;                                    \
    return ((RESULT(*) PARAMETERS)dlsym(RTLD_NEXT, #NAME)) VALUES;     \
  }

HOOK(pread64, "read", ssize_t, (int fd, void *to, size_t size, off64_t at), (fd, to, size, at))
HOOK(pwrite64, "write", ssize_t, (int fd, const void *from, size_t size, off64_t at), (fd, from, size, at))
HOOK(fsync, "flush", int, (int fd), (fd))
HOOK(fdatasync, "flush", int, (int fd), (fd))
