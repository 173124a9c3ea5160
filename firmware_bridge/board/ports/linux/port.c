/* Linux: any tty, or standard input and output. Runs until the line is gone.
 *
 *     proxops-board PORT [BAUD]
 *
 * PORT: path of a tty, or "-". BAUD: 115200 unless given.
 *
 * Two processes: the board, and the one that starts it again after a reset, as power supply and reset line do. What
 * survives a reset is memory that both share; SIGUSR1 to the first is the reset line. The watchdog is a
 * timer whose signal ends the board unless it is kicked in between. */
#define _GNU_SOURCE
#include "port.h"

#include "checkpoint.h"
#include "protocol.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define SURVIVOR_BYTES 65536
typedef char
    survivor_too_small[CHECKPOINT_BYTES(FLIGHT_FIXED_BYTES, sizeof(protocol_kept_t)) <= SURVIVOR_BYTES ? 1 : -1];
#define WATCHDOG_MS 2000
#define EXIT_MISTAKE 2
#define EXIT_BROKE 3
#define EXIT_RESET 75

static const char *name;
static int line_in = STDIN_FILENO, line_out = STDOUT_FILENO;
static void *survivor;
static uint32_t boot_count, boot_reason = BOOT_POWER_ON;
static uint64_t started_us;
static volatile sig_atomic_t board_pid, switched_off;

static void fail(int status, const char *what, const char *expected)
{
    fprintf(stderr, "proxops-board: %s: %s; %s\n", name, what, expected);
    exit(status);
}

static speed_t speed_of(const char *text)
{
    static const struct {
        const char *text;
        speed_t speed;
    } speeds[] = {
        {"9600", B9600},       {"19200", B19200},     {"38400", B38400},     {"57600", B57600},     {"115200", B115200},
        {"230400", B230400},   {"460800", B460800},   {"500000", B500000},   {"576000", B576000},   {"921600", B921600},
        {"1000000", B1000000}, {"1500000", B1500000}, {"2000000", B2000000}, {"3000000", B3000000},
    };
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (strcmp(speeds[i].text, text) == 0) return speeds[i].speed;
    name = text;
    fail(EXIT_MISTAKE, "no such baud rate", "expected one that ttys know, 9600 to 3000000");
    return B0;
}

static void open_line(speed_t speed)
{
    struct termios t;
    int fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) fail(EXIT_MISTAKE, strerror(errno), "expected a tty that this user may open");
    if (tcgetattr(fd, &t) != 0) fail(EXIT_MISTAKE, "not a tty", "expected a serial port");
    cfmakeraw(&t);
    t.c_cflag |= CLOCAL | CREAD;
    t.c_cc[VMIN] = 1;
    t.c_cc[VTIME] = 0;
    cfsetispeed(&t, speed);
    cfsetospeed(&t, speed);
    if (tcsetattr(fd, TCSANOW, &t) != 0) fail(EXIT_MISTAKE, strerror(errno), "the port refuses this baud rate");
    line_in = line_out = fd;
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000u + (uint64_t)t.tv_nsec / 1000u;
}

uint64_t port_clock_us(void) { return now_us() - started_us; }

/* What port_idle has read: one system call a frame. */
static uint8_t waiting[1024];
static size_t waiting_from, waiting_to;

size_t port_uart_read(uint8_t *to, size_t size)
{
    size_t n = waiting_to - waiting_from;
    if (n > size) n = size;
    memcpy(to, waiting + waiting_from, n);
    waiting_from += n;
    return n;
}

void port_uart_write(const uint8_t *from, size_t size)
{
    while (size > 0) {
        ssize_t n = write(line_out, from, size);
        if (n < 0 && errno != EINTR) fail(EXIT_BROKE, strerror(errno), "the line is gone");
        if (n < 0) continue;
        from += n;
        size -= (size_t)n;
    }
}

uint32_t port_uart_lost(void) { return 0; } /* the kernel's line discipline does not tell */

/* Bytes or a tick of the watchdog end the wait. */
void port_idle(void)
{
    ssize_t n = read(line_in, waiting, sizeof waiting);
    waiting_from = waiting_to = 0;
    if (n < 0 && errno == EINTR) return;
    if (n < 0) fail(EXIT_BROKE, strerror(errno), "the line is gone");
    if (n == 0 && isatty(line_in)) fail(EXIT_BROKE, "hung up", "the line is gone");
    if (n == 0) exit(EXIT_SUCCESS); /* the end of a file or pipe */
    waiting_to = (size_t)n;
}

static volatile sig_atomic_t kicked_ms; /* small enough to be read in one piece by a signal's handler */

/* Ticks are not counted: those of a time in which the process was stopped are one. */
static void watchdog_tick(int number)
{
    if ((uint32_t)(now_us() / 1000u) - (uint32_t)kicked_ms < WATCHDOG_MS) return;
    signal(number, SIG_DFL);
    raise(number);
}

void port_watchdog_start(void)
{
    const struct sigaction on_tick = {.sa_handler = watchdog_tick}; /* no SA_RESTART: see port_idle */
    const struct itimerval each = {{0, WATCHDOG_MS * 1000 / 4}, {0, WATCHDOG_MS * 1000 / 4}};
    port_watchdog_kick();
    sigaction(SIGALRM, &on_tick, NULL);
    setitimer(ITIMER_REAL, &each, NULL);
}

void port_watchdog_kick(void) { kicked_ms = (sig_atomic_t)(uint32_t)(now_us() / 1000u); }

void port_reset(void) { exit(EXIT_RESET); }
uint32_t port_boot_reason(void) { return boot_reason; }
uint32_t port_boot_count(void) { return boot_count; }
void *port_survivor(size_t size) { return size <= SURVIVOR_BYTES ? survivor : NULL; }
size_t port_stack_high_water(void) { return 0; }

static const int pulled_by[] = {SIGUSR1, SIGTERM, SIGINT, SIGHUP};

/* The reset line, and the power switch. */
static void pull(int number)
{
    if (number != SIGUSR1) switched_off = 1;
    if (board_pid > 0) kill((pid_t)board_pid, SIGKILL);
}

/* Why the board's process ended; ends this one too unless it was a reset. */
static uint32_t reason_of(int status)
{
    if (switched_off) exit(EXIT_SUCCESS);
    if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_RESET) exit(WEXITSTATUS(status));
    if (WIFEXITED(status) || WTERMSIG(status) == SIGKILL) return BOOT_RESET;
    if (WTERMSIG(status) == SIGALRM) return BOOT_WATCHDOG;
    return BOOT_FAULT;
}

static int run_board(void)
{
    for (size_t i = 0; i < sizeof pulled_by / sizeof pulled_by[0]; i++) signal(pulled_by[i], SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    started_us = now_us();
    return board_main();
}

int main(int argc, char **argv)
{
    name = argc > 1 ? argv[1] : "";
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "usage: proxops-board PORT [BAUD]\n");
        return EXIT_MISTAKE;
    }
    if (strcmp(name, "-") != 0) open_line(argc > 2 ? speed_of(argv[2]) : B115200);
    fcntl(line_in, F_SETFL, fcntl(line_in, F_GETFL) & ~O_NONBLOCK); /* as inherited it may be either */
    survivor = mmap(NULL, SURVIVOR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (survivor == MAP_FAILED) fail(EXIT_BROKE, strerror(errno), "cannot get memory that survives a reset");
    for (size_t i = 0; i < sizeof pulled_by / sizeof pulled_by[0]; i++) signal(pulled_by[i], pull);
    for (;;) {
        int status = 0;
        boot_count++;
        pid_t pid = fork();
        if (pid < 0) fail(EXIT_BROKE, strerror(errno), "cannot start");
        if (pid == 0) return run_board();
        board_pid = pid;
        if (switched_off) kill(pid, SIGKILL); /* before it could be told */
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
        board_pid = 0;
        boot_reason = reason_of(status);
    }
}
