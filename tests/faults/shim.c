/* What a disk and a clock may do to a program, on command: LD_PRELOAD with FAULTS=FILE in its environment.
 *
 * FILE holds three numbers: errno that a write gets (0: none), errno that a flush gets, seconds that the wall clock is off. It is mapped,
 * so that whoever writes into it is obeyed at once. Files under FAULTS_UNDER alone have faults; the monotonic clock never has any.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct faults {
    volatile long long write_errno, flush_errno, seconds;
};

static const struct faults none;
static const struct faults *faults = &none;
static const char *under = "";

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULTS");
    /* A copy: PostgreSQL writes the titles of its processes over its environment. */
    if (getenv("FAULTS_UNDER"))
        under = strdup(getenv("FAULTS_UNDER"));
    int file = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct faults), PROT_READ, MAP_SHARED, file, 0);
    if (mapped != MAP_FAILED)
        faults = mapped;
    close(file);
}

static int concerns(int file)
{
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path);
    return length >= (ssize_t)strlen(under) && *under && memcmp(path, under, strlen(under)) == 0;
}

static int fails(long long error, int file)
{
    if (!error || !concerns(file))
        return 0;
    errno = (int)error;
    return 1;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define WRITING(name, parameters, arguments) \
    ssize_t name parameters { REAL(name); return fails(faults->write_errno, file) ? -1 : real arguments; }
#define GROWING(name, parameters, arguments) \
    int name parameters { REAL(name); return fails(faults->write_errno, file) ? -1 : real arguments; }
#define FLUSHING(name) \
    int name(int file) { REAL(name); return fails(faults->flush_errno, file) ? -1 : real(file); }

WRITING(write, (int file, const void *octets, size_t number), (file, octets, number))
WRITING(pwrite, (int file, const void *octets, size_t number, off_t at), (file, octets, number, at))
WRITING(pwrite64, (int file, const void *octets, size_t number, off64_t at), (file, octets, number, at))
WRITING(writev, (int file, const struct iovec *pieces, int number), (file, pieces, number))
WRITING(pwritev, (int file, const struct iovec *pieces, int number, off_t at), (file, pieces, number, at))
WRITING(pwritev64, (int file, const struct iovec *pieces, int number, off64_t at), (file, pieces, number, at))
GROWING(fallocate, (int file, int mode, off_t from, off_t length), (file, mode, from, length))
FLUSHING(fsync)
FLUSHING(fdatasync)

/* Unlike the others, it returns its error. */
int posix_fallocate(int file, off_t from, off_t length)
{
    REAL(posix_fallocate);
    return fails(faults->write_errno, file) ? (int)faults->write_errno : real(file, from, length);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    REAL(clock_gettime);
    int result = real(clock, now);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += faults->seconds;
    return result;
}

int gettimeofday(struct timeval *now, void *zone)
{
    REAL(gettimeofday);
    int result = real(now, zone);
    if (result == 0)
        now->tv_sec += faults->seconds;
    return result;
}

time_t time(time_t *result)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result)
        *result = now.tv_sec;
    return now.tv_sec;
}
