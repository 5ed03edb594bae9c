/* What happens beside the lcores: signals, statistics on request, tables of devices that follow the load. */
#ifndef RSSC_DPDK_CONTROL_H
#define RSSC_DPDK_CONTROL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct control {
    void (*print)(const void *program); /* on SIGUSR1 */
    void (*round)(void *program);       /* every `period`, unless NULL */
    void *program;
    int64_t period; /* ns */
    pthread_t thread;
};

/* Whether lcores are to go on: until SIGINT, SIGTERM or the end. */
bool control_running(void);

/* Takes the signals over and starts a thread for them. */
bool control_start(struct control *control);

/* Ends the thread, and lcores that still run. */
void control_stop(struct control *control);

#endif
