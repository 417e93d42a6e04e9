/* A disk as a network file system shows it, for processes that preload this library.

   NETWORK_DISK        folder on this disk; without it, nothing changes
   NETWORK_DISK_DELAY  s that every operation takes
   NETWORK_DISK_LATE   s for which a process believes what it last saw of a name: its absence, its attributes, and the
                       file behind it, although another process has created, renamed or removed it
   NETWORK_DISK_FLOCK  error number with which flock is refused

   A process sees what it does itself at once. Creation with O_EXCL, rename and flock are decided by the server. */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { NAMES = 256, MINE = 4096 };

/* What this process believes of a name; `file` is open, or -1 if the name was absent. */
static struct { char path[PATH_MAX]; double until; int file; struct stat is; } seen[NAMES];
/* Hashes of the names that this process has changed: it believes nothing of them, and looks. */
static unsigned long mine[MINE];
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;

static double number(const char *name) { const char *text = getenv(name); return text ? atof(text) : 0; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + 1e-9 * time.tv_nsec;
}

static unsigned long hash(const char *path) {
    unsigned long value = 5381;
    while (*path) value = value * 33 + (unsigned char)*path++;
    return value ? value : 1;
}

/* The whole path of a name, and whether it is on the disk. */
static int whole(int folder, const char *path, char *found) {
    const char *disk = getenv("NETWORK_DISK");
    if (!disk || !path || !*path) return 0;
    char link[64], place[PATH_MAX] = "";
    if (*path != '/') {
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
        long length = syscall(SYS_readlinkat, AT_FDCWD, link, place, sizeof place - 2);
        if (length < 0) return 0;
        place[length] = '/', place[length + 1] = 0;
    }
    if (strlen(place) + strlen(path) >= PATH_MAX) return 0;
    strcat(strcpy(found, place), path);
    size_t length = strlen(disk);
    return !strncmp(found, disk, length) && (found[length] == '/' || !found[length]);
}

static void wait_for_the_server(void) {
    double delay = number("NETWORK_DISK_DELAY");
    struct timespec time = {(time_t)delay, (long)(1e9 * (delay - (time_t)delay))};
    int error = errno;
    nanosleep(&time, NULL);
    errno = error;
}

static void forget(int place) {
    struct stat is;
    if (seen[place].path[0] && seen[place].file >= 0 && !fstat(seen[place].file, &is) &&
        is.st_ino == seen[place].is.st_ino && is.st_dev == seen[place].is.st_dev)
        close(seen[place].file);
    seen[place].path[0] = 0;
}

/* This process changes a name. */
static void change(int folder, const char *path) {
    char name[PATH_MAX];
    if (!whole(folder, path, name)) return;
    pthread_mutex_lock(&guard);
    mine[hash(name) % MINE] = hash(name);
    pthread_mutex_unlock(&guard);
    wait_for_the_server();
}

/* What this process believes of a name: 0 nothing, so it must look; -1 that it is absent; else 1 and a file.
   It looks first if it has not done so lately. */
static int believe(int folder, const char *path, int *file, struct stat *is) {
    char name[PATH_MAX];
    if (!whole(folder, path, name)) return 0;
    int place = hash(name) % NAMES, answer = 0, error = errno;
    double late = number("NETWORK_DISK_LATE");
    pthread_mutex_lock(&guard);
    if (!late || mine[hash(name) % MINE] == hash(name)) {
        pthread_mutex_unlock(&guard);
        wait_for_the_server();
        return 0;
    }
    int current = !strcmp(seen[place].path, name) && now() < seen[place].until;
    struct stat held;
    if (current && seen[place].file >= 0 &&  /* somebody may have closed it */
        (fstat(seen[place].file, &held) || held.st_ino != seen[place].is.st_ino)) current = 0;
    if (!current) {
        pthread_mutex_unlock(&guard);
        wait_for_the_server();
        pthread_mutex_lock(&guard);
        forget(place);
        int found = syscall(SYS_newfstatat, AT_FDCWD, name, &seen[place].is, 0);
        if (found < 0 ? errno == ENOENT : S_ISREG(seen[place].is.st_mode)) {
            int opened = found < 0 ? -1 : (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
            if (found < 0 || opened >= 0) {
                seen[place].file = found < 0 ? -1 : fcntl(opened, F_DUPFD_CLOEXEC, 500);
                if (opened >= 0) close(opened);
                if (found < 0 || (seen[place].file >= 0 && !fstat(seen[place].file, &seen[place].is))) {
                    strcpy(seen[place].path, name);
                    seen[place].until = now() + late;
                    current = 1;
                }
            }
        }
    }
    if (current) {
        answer = seen[place].file < 0 ? -1 : 1;
        *file = seen[place].file;
        *is = seen[place].is;
    }
    pthread_mutex_unlock(&guard);
    errno = error;
    return answer;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    int file, writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
    struct stat is;
    if (writes) change(folder, path);
    else {
        int belief = believe(folder, path, &file, &is);
        if (belief < 0) return errno = ENOENT, -1;
        if (belief > 0) {
            char link[64];
            snprintf(link, sizeof link, "/proc/self/fd/%d", file);
            return syscall(SYS_openat, AT_FDCWD, link, flags & ~O_NOFOLLOW, mode);
        }
    }
    return syscall(SYS_openat, folder, path, flags, mode);
}

static int stat_at(int folder, const char *path, struct stat *is, int flags) {
    int file, belief = believe(folder, path, &file, is);
    if (belief < 0) return errno = ENOENT, -1;
    return belief > 0 ? 0 : syscall(SYS_newfstatat, folder, path, is, flags);
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { va_list list; va_start(list, flags); mode = va_arg(list, mode_t); va_end(list); }

int open(const char *path, int flags, ...) { MODE(flags, mode) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags, mode) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags, mode) return open_at(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags, mode) return open_at(at, path, flags, mode); }

int stat(const char *path, struct stat *is) { return stat_at(AT_FDCWD, path, is, 0); }
int stat64(const char *path, struct stat64 *is) { return stat_at(AT_FDCWD, path, (struct stat *)is, 0); }
int lstat(const char *path, struct stat *is) { return stat_at(AT_FDCWD, path, is, AT_SYMLINK_NOFOLLOW); }
int lstat64(const char *path, struct stat64 *is) {
    return stat_at(AT_FDCWD, path, (struct stat *)is, AT_SYMLINK_NOFOLLOW);
}
int fstatat(int at, const char *path, struct stat *is, int flags) { return stat_at(at, path, is, flags); }
int fstatat64(int at, const char *path, struct stat64 *is, int flags) {
    return stat_at(at, path, (struct stat *)is, flags);
}
int __xstat(int version, const char *path, struct stat *is) { return stat_at(AT_FDCWD, path, is, 0); }
int __xstat64(int version, const char *path, struct stat64 *is) { return stat64(path, is); }
int access(const char *path, int mode) {
    struct stat is;
    int file;
    if (believe(AT_FDCWD, path, &file, &is) < 0) return errno = ENOENT, -1;
    return syscall(SYS_faccessat, AT_FDCWD, path, mode);
}
DIR *opendir(const char *path) {
    char name[PATH_MAX];
    if (whole(AT_FDCWD, path, name)) wait_for_the_server();
    return ((DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir"))(path);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    change(from, old), change(to, new);
    return syscall(SYS_renameat2, from, old, to, new, flags);
}
int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }
int linkat(int from, const char *old, int to, const char *new, int flags) {
    change(to, new);
    return syscall(SYS_linkat, from, old, to, new, flags);
}
int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }
int unlinkat(int at, const char *path, int flags) {
    change(at, path);
    return syscall(SYS_unlinkat, at, path, flags);
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int mkdirat(int at, const char *path, mode_t mode) {
    change(at, path);
    return syscall(SYS_mkdirat, at, path, mode);
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

static int on_disk(int file) {
    char name[PATH_MAX];
    return whole(file, ".", name);
}
int fsync(int file) {
    if (on_disk(file)) wait_for_the_server();
    return syscall(SYS_fsync, file);
}
int flock(int file, int operation) {
    if (on_disk(file)) {
        wait_for_the_server();
        int refusal = number("NETWORK_DISK_FLOCK");
        if (refusal) return errno = refusal, -1;
    }
    return syscall(SYS_flock, file, operation);
}
