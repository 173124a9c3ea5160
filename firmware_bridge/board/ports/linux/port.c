/* Linux: any tty, or standard input and output. The program runs until the line is gone.
 *
 *     proxops-board PORT [BAUD [SURVIVOR]]
 *
 * PORT: path of a tty, or "-". BAUD: 115200 unless given. SURVIVOR: a file that keeps what a board keeps
 * through a reset, best on a file system in memory (/run); without one each start is a cold start. */
#define _GNU_SOURCE
#include "port.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SURVIVOR_BYTES 65536
#define VALID 0x50524F42u
#define EXIT_MISTAKE 2
#define EXIT_BROKE 3

typedef struct {
    uint32_t valid, boot_count;
    double memory[SURVIVOR_BYTES / sizeof(double)];
} survivor_t;

static const char *name;
static int line_in = STDIN_FILENO, line_out = STDOUT_FILENO;
static survivor_t *survivor;
static uint32_t boot_count = 1, boot_reason = BOOT_POWER_ON;
static char *const *arguments;
static uint64_t started_us;

static void fail(int status, const char *what, const char *expected)
{
    fprintf(stderr, "proxops-board: %s: %s; %s\n", name, what, expected);
    exit(status);
}

static speed_t speed_of(const char *text)
{
    static const struct { const char *text; speed_t speed; } speeds[] = {
        {"9600", B9600}, {"19200", B19200}, {"38400", B38400}, {"57600", B57600}, {"115200", B115200},
        {"230400", B230400}, {"460800", B460800}, {"500000", B500000}, {"576000", B576000}, {"921600", B921600},
        {"1000000", B1000000}, {"1500000", B1500000}, {"2000000", B2000000}, {"3000000", B3000000},
    };
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (strcmp(speeds[i].text, text) == 0) return speeds[i].speed;
    name = text;
    fail(EXIT_MISTAKE, "no such baud rate", "expected 9600 to 3000000, one that ttys know");
    return B0;
}

static void open_line(speed_t speed)
{
    struct termios t;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) fail(EXIT_MISTAKE, strerror(errno), "expected a tty this user may open");
    if (tcgetattr(fd, &t) != 0) fail(EXIT_MISTAKE, "not a tty", "expected a serial port");
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 0;
    cfsetispeed(&t, speed);
    cfsetospeed(&t, speed);
    if (tcsetattr(fd, TCSANOW, &t) != 0) fail(EXIT_MISTAKE, strerror(errno), "the port refuses this baud rate");
    line_in = line_out = fd;
}

static void map_survivor(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    name = path;
    if (fd < 0 || ftruncate(fd, sizeof *survivor) != 0) fail(EXIT_MISTAKE, strerror(errno), "expected a file to write");
    survivor = mmap(NULL, sizeof *survivor, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (survivor == MAP_FAILED) fail(EXIT_BROKE, strerror(errno), "cannot map it");
    close(fd);
    if (survivor->valid == VALID) {
        boot_reason = BOOT_RESET;
        boot_count = survivor->boot_count + 1;
    }
    survivor->valid = VALID;
    survivor->boot_count = boot_count;
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t port_clock_us(void) { return now_us() - started_us; }

static int would_wait(void) { return errno == EAGAIN || errno == EINTR; }

size_t port_uart_read(uint8_t *to, size_t size)
{
    struct pollfd p = {line_in, POLLIN, 0};
    if (poll(&p, 1, 0) <= 0) return 0;
    ssize_t n = read(line_in, to, size);
    if (n < 0 && would_wait()) return 0;
    if (n < 0) fail(EXIT_BROKE, strerror(errno), "the line is gone");
    if (n == 0 && (p.revents & (POLLHUP | POLLERR))) fail(EXIT_BROKE, "hung up", "the line is gone");
    if (n == 0 && !isatty(line_in)) exit(EXIT_SUCCESS); /* the end of a file or pipe */
    return (size_t)n;
}

void port_uart_write(const uint8_t *from, size_t size)
{
    while (size > 0) {
        ssize_t n = write(line_out, from, size);
        if (n < 0 && !would_wait()) fail(EXIT_BROKE, strerror(errno), "the line is gone");
        if (n < 0) continue;
        from += n;
        size -= (size_t)n;
    }
}

uint32_t port_uart_lost(void) { return 0; }

void port_idle(void)
{
    struct pollfd p = {line_in, POLLIN, 0};
    (void)poll(&p, 1, 1000);
}

void port_watchdog_start(void) {}
void port_watchdog_kick(void) {}

void port_reset(void)
{
    execv("/proc/self/exe", arguments);
    fail(EXIT_BROKE, strerror(errno), "cannot start again");
    for (;;) {}
}

uint32_t port_boot_reason(void) { return boot_reason; }
uint32_t port_boot_count(void) { return boot_count; }
void *port_survivor(size_t size) { return survivor != NULL && size <= sizeof survivor->memory ? survivor->memory : NULL; }
size_t port_stack_high_water(void) { return 0; }

int main(int argc, char **argv)
{
    name = argc > 1 ? argv[1] : "";
    arguments = argv;
    started_us = now_us();
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: proxops-board PORT [BAUD [SURVIVOR]]\n");
        return EXIT_MISTAKE;
    }
    if (strcmp(name, "-") != 0) open_line(argc > 2 ? speed_of(argv[2]) : B115200);
    if (argc > 3) map_survivor(argv[3]);
    return board_main();
}
