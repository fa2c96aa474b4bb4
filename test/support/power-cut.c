/* What a power cut would leave: preloaded into a program, it copies every file below CUT_FROM at each of its flushes,
   and the names in every folder that is flushed, to CUT_TO. A file that no flushed folder names is gone. Before the
   flush or the change of a name that is number CUT_AT, the program is killed. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* With the time of its making: the number of a deleted file is given again. */
static void key_of(int fd, const char *path, int flags, char *key, size_t size) {
  struct statx made = {0};
  statx(fd, path, flags, STATX_INO | STATX_BTIME, &made);
  snprintf(key, size, "%llu-%lld-%u", (unsigned long long)made.stx_ino, (long long)made.stx_btime.tv_sec,
           made.stx_btime.tv_nsec);
}

static void keep_names(int fd, FILE *out) {
  char self[64], key[96];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  DIR *folder = opendir(self);
  if (folder == NULL) abort();
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] == '.') continue;
    key_of(fd, entry->d_name, AT_SYMLINK_NOFOLLOW, key, sizeof key);
    fprintf(out, "%c %s %s\n", entry->d_type == DT_DIR ? 'd' : 'f', key, entry->d_name);
  }
  closedir(folder);
}

/* Through the same descriptor: closing a second one would drop the locks that SQLite has on the file. */
static void keep_bytes(int fd, FILE *out) {
  static char bytes[1 << 16];
  char self[64];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  int from = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY ? open(self, O_RDONLY) : fd;
  off_t at = 0;
  for (ssize_t got; (got = pread(from, bytes, sizeof bytes, at)) > 0; at += got) fwrite(bytes, 1, got, out);
  if (from != fd) close(from);
}

static void step(const char *path) {
  static int done = 0;
  const char *from = getenv("CUT_FROM"), *at = getenv("CUT_AT");
  if (from == NULL || at == NULL || strncmp(path, from, strlen(from)) != 0) return;
  if (++done == atoi(at)) raise(SIGKILL);
}

static int kept(int fd, const char *call) {
  int (*flush)(int) = (int (*)(int))dlsym(RTLD_NEXT, call);
  const char *from = getenv("CUT_FROM"), *to = getenv("CUT_TO");
  char self[64], path[4096], key[96], draft[4352], name[4352];
  struct stat stat;
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(self, path, sizeof path - 1);
  path[length < 0 ? 0 : length] = 0;
  step(path);
  int result = flush(fd);
  if (result != 0 || from == NULL || to == NULL || fstat(fd, &stat) != 0) return result;
  if (strncmp(path, from, strlen(from)) != 0) return result;
  key_of(fd, "", AT_EMPTY_PATH, key, sizeof key);
  snprintf(draft, sizeof draft, "%s/draft-%d", to, getpid());
  snprintf(name, sizeof name, "%s/%s", to, strcmp(path, from) == 0 ? "root" : key);
  FILE *out = fopen(draft, "w");
  if (out == NULL) abort();
  if (S_ISDIR(stat.st_mode)) keep_names(fd, out);
  else keep_bytes(fd, out);
  if (fclose(out) != 0 || rename(draft, name) != 0) abort();
  return result;
}

int fsync(int fd) { return kept(fd, "fsync"); }
int fdatasync(int fd) { return kept(fd, "fdatasync"); }

int rename(const char *from, const char *to) {
  step(from);
  return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "rename"))(from, to);
}

int link(const char *from, const char *to) {
  step(from);
  return ((int (*)(const char *, const char *))dlsym(RTLD_NEXT, "link"))(from, to);
}

int unlink(const char *path) {
  step(path);
  return ((int (*)(const char *))dlsym(RTLD_NEXT, "unlink"))(path);
}
