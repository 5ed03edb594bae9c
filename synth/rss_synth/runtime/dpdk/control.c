#include "dpdk/control.h"

#include "common/message.h"

#include <rte_lcore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#define NS_PER_SECOND INT64_C(1000000000)
#define STEP_NS INT64_C(20000000) /* how long a signal waits at most */

static atomic_bool stopping, asked;

static void on_signal(int number)
{
    if (number == SIGUSR1)
        atomic_store(&asked, true);
    else
        atomic_store(&stopping, true);
}

bool control_running(void)
{
    return !atomic_load_explicit(&stopping, memory_order_relaxed);
}

static void *run(void *argument)
{
    const struct control *control = argument;
    for (int64_t waited = 0; control_running();) {
        int64_t step = control->round && control->period < STEP_NS ? control->period : STEP_NS;
        nanosleep(&(struct timespec){.tv_nsec = (long)step}, NULL);
        waited += step;
        if (atomic_exchange(&asked, false))
            control->print(control->program);
        if (!control->round || waited < control->period)
            continue;
        control->round(control->program);
        waited = 0;
    }
    return NULL;
}

bool control_start(struct control *control)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    int status = rte_ctrl_thread_create(&control->thread, "control", NULL, run, control);
    return status == 0 || complain("cannot start a thread for signals: %s", strerror(-status));
}

void control_stop(struct control *control)
{
    atomic_store(&stopping, true);
    pthread_join(control->thread, NULL);
}
