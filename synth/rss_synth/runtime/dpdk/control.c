#define _GNU_SOURCE /* for the affinity of threads */
#include "dpdk/control.h"

#include "common/message.h"

#include <rte_pause.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)

enum { MOMENTS = 256 }; /* after which an idle lcore offers its CPU */

static atomic_bool stopping;

bool control_running(void)
{
    return !atomic_load_explicit(&stopping, memory_order_relaxed);
}

static sigset_t own_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGUSR1);
    return signals;
}

void control_prepare(struct control *control)
{
    const sigset_t signals = own_signals();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_getaffinity_np(pthread_self(), sizeof control->cpus, &control->cpus);
}

/* Lcores don't pause: at the real-time priority that they have this thread would wait for its turn for ever. */
static void go_before_lcores(void)
{
    int policy;
    struct sched_param own;
    int status = pthread_getschedparam(pthread_self(), &policy, &own);
    if (status != 0 || (policy != SCHED_FIFO && policy != SCHED_RR))
        return;
    own.sched_priority++;
    status = pthread_setschedparam(pthread_self(), policy, &own);
    if (status != 0)
        complain("warning: signals may not get through to lcores of real-time priority %d: %s; take a lower one",
                 own.sched_priority - 1, strerror(status));
}

static void *run(void *argument)
{
    struct control *control = argument;
    const sigset_t signals = own_signals();
    int64_t period = control->round ? control->period : NS_PER_SECOND;
    const struct timespec wait = {.tv_sec = period / NS_PER_SECOND, .tv_nsec = (long)(period % NS_PER_SECOND)};
    go_before_lcores();
    while (control_running()) {
        int number = sigtimedwait(&signals, NULL, &wait);
        if (number == SIGUSR1)
            control->print(control->program);
        else if (number > 0)
            atomic_store(&stopping, true);
        else if (control->round && !control->round(control->program))
            control->round = NULL;
    }
    return NULL;
}

/* By itself a thread would share the CPUs of the main lcore. */
static int start_thread(struct control *control)
{
    pthread_attr_t attributes;
    int status = pthread_attr_init(&attributes);
    if (status != 0)
        return status;
    status = pthread_attr_setaffinity_np(&attributes, sizeof control->cpus, &control->cpus);
    if (status == 0)
        status = pthread_create(&control->thread, &attributes, run, control);
    pthread_attr_destroy(&attributes);
    return status;
}

bool control_start(struct control *control)
{
    int status = start_thread(control);
    return status == 0 || complain("cannot start a thread for signals: %s", strerror(status));
}

void control_stop(struct control *control)
{
    atomic_store(&stopping, true);
    pthread_kill(control->thread, SIGTERM);
    pthread_join(control->thread, NULL);
}

/* Several lcores can be on one CPU. At a real-time priority none would run while another waits for it. */
void control_idle(unsigned *moments)
{
    if (++*moments % MOMENTS)
        rte_pause();
    else
        sched_yield();
}
