// Preloaded into the program by faults.sh and offline.sh: makes the n-th call of a kind fail, or kills the program at it.
//
//   FAULT=<open|write|sync|rename|mkdir|unlink|socket>:<n>:<mode>   FAULT_UNDER=<folder>   FAULT_TOLD=<file>
//
// Modes: fail (nothing is done, an error), short (half is written, no error), full (half is written, then every write fails
// as on a full disk), before and after (SIGKILL before or after the call). Only calls on paths below FAULT_UNDER count, and
// on files that were opened there. FAULT_TOLD is made once the fault has happened.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FDS = 4096 };
static atomic_char ours[FDS];
static atomic_long seen;
static atomic_int no_room;
static const char *kind, *mode, *under, *told;
static long nth;

__attribute__((constructor)) static void begin(void) {
    static char plan[64];
    const char *fault = getenv("FAULT");
    if (!fault || strlen(fault) >= sizeof plan || !(under = getenv("FAULT_UNDER")) || !(told = getenv("FAULT_TOLD"))) return;
    strcpy(plan, fault);
    kind = strtok(plan, ":");
    nth = atol(strtok(NULL, ":"));
    mode = strtok(NULL, ":");
    unsetenv("LD_PRELOAD"); // Not for programs that it starts.
}

static int is(const char *wanted) { return mode && strcmp(mode, wanted) == 0; }
static int below(const char *path) { return under && path && strncmp(path, under, strlen(under)) == 0; }
static int file(int fd) { return fd >= 0 && fd < FDS && ours[fd]; }
static void die(void) { kill(getpid(), SIGKILL); pause(); }

// True when this call is the one.
static int now(const char *what, int counts) {
    if (!counts || !kind || strcmp(kind, what) != 0 || atomic_fetch_add(&seen, 1) + 1 != nth) return 0;
    close(syscall(SYS_openat, AT_FDCWD, told, O_CREAT | O_WRONLY, 0600));
    if (is("before")) die();
    return 1;
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
// The call itself between the two moments of a kill, or its failure.
#define AT(what, counts, error, call) \
    int hit = now(what, counts); \
    if (hit && is("fail")) { errno = error; return -1; } \
    __typeof__(call) result = call; \
    if (hit && is("after")) die(); \
    return result

static int opened(int fd, const char *path) {
    if (fd >= 0 && fd < FDS) ours[fd] = below(path);
    return fd;
}
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); \
        mode_t rights = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        REAL(name); \
        AT("open", below(path), EACCES, opened(real(path, flags, rights), path)); \
    }
OPEN(open)
OPEN(open64)
int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < FDS) ours[fd] = 0;
    return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t n) {
    REAL(write);
    if (file(fd) && no_room) { errno = ENOSPC; return -1; }
    int hit = now("write", file(fd));
    if (hit && is("fail")) { errno = ENOSPC; return -1; }
    if (hit && is("full")) no_room = 1;
    ssize_t result = real(fd, bytes, hit && n > 1 && (is("short") || is("full")) ? n / 2 : n);
    if (hit && is("after")) die();
    return result;
}
ssize_t writev(int fd, const struct iovec *parts, int n) {
    REAL(writev);
    AT("write", file(fd), ENOSPC, real(fd, parts, n));
}
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    REAL(pwrite64);
    AT("write", file(fd), ENOSPC, real(fd, bytes, n, at));
}
int fsync(int fd) { REAL(fsync); AT("sync", file(fd), EIO, real(fd)); }
int fdatasync(int fd) { REAL(fdatasync); AT("sync", file(fd), EIO, real(fd)); }
int rename(const char *from, const char *to) { REAL(rename); AT("rename", below(to), EIO, real(from, to)); }
int mkdir(const char *path, mode_t rights) { REAL(mkdir); AT("mkdir", below(path), EACCES, real(path, rights)); }
int unlink(const char *path) { REAL(unlink); AT("unlink", below(path), EACCES, real(path)); }
int rmdir(const char *path) { REAL(rmdir); AT("unlink", below(path), EACCES, real(path)); }
// No path tells of these: any of them counts.
int socket(int domain, int type, int protocol) {
    static int (*real)(int, int, int);
    if (!real) real = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
    AT("socket", 1, EACCES, real(domain, type, protocol));
}
