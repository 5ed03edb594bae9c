/* What happens beside the lcores: signals, statistics on request, tables of devices that follow the load. */
#ifndef RSSC_DPDK_CONTROL_H
#define RSSC_DPDK_CONTROL_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct control {
    void (*print)(const void *program); /* on SIGUSR1 */
    bool (*round)(void *program);       /* every `period` until one fails, unless NULL */
    void *program;
    int64_t period; /* ns */
    pthread_t thread;
    cpu_set_t cpus; /* the process's, of which every lcore has some */
};

/* Whether lcores are to go on: until SIGINT, SIGTERM or the end. */
bool control_running(void);

/* Keeps the signals until a thread takes them. Before the EAL starts threads, which have to keep them, too. */
void control_prepare(struct control *control);

/* Starts the thread; whoever prepared `control` has filled it in. */
bool control_start(struct control *control);

/* Ends the thread, and lcores that still run. */
void control_stop(struct control *control);

/* Waits for a moment, in a loop of an lcore that finds nothing to do; it counts its `moments`. */
void control_idle(unsigned *moments);

#endif
