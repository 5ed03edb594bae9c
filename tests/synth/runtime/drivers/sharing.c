/* Threads that share a table of flows under the lock, for the thread sanitizer: flows carry their key as a value, and
 * a count that only writers touch. Ends with 1 where a reader sees a flow that is not what it was made.
 *
 *     sharing CORES ROUNDS */
#include "sharing/lock.h"
#include "state/table.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEYS = 40, CAPACITY = 24, EXPIRY = 500 };

static const struct table_type type = TABLE_TYPE(8, 8);

struct shared {
    struct nf_lock lock;
    struct table table;
    uint64_t inserted;
};

struct worker {
    struct shared *shared;
    struct nf_counters counters;
    unsigned core;
    unsigned rounds;
    uint64_t added;
    bool wrong;
    pthread_t thread;
};

static void insert(struct worker *worker, struct nf_pass pass, uint64_t key)
{
    struct shared *shared = worker->shared;
    uint32_t hash = table_hash(&shared->table, type, &key);
    pass.writer = true;
    if (table_refresh(&shared->table, type, &pass, &key, hash) != TABLE_NONE)
        return;
    uint32_t flow = table_insert(&shared->table, type, &pass, &key, hash);
    if (flow == TABLE_NONE)
        return;
    *(uint64_t *)table_value(&shared->table, type, flow) = ~key;
    shared->inserted++;
    worker->added++;
}

static void step(struct worker *worker, uint64_t key, int64_t now)
{
    struct shared *shared = worker->shared;
    struct nf_pass pass = {.counters = &worker->counters, .now = now, .core = worker->core};
    lock_take_reader(&shared->lock, worker->core);
    uint32_t flow = table_refresh(&shared->table, type, &pass, &key, table_hash(&shared->table, type, &key));
    if (flow < TABLE_USED)
        worker->wrong |= *(uint64_t *)table_value(&shared->table, type, flow) != ~key;
    lock_release_reader(&shared->lock, worker->core);
    if (flow < TABLE_USED)
        return;
    lock_take_writer(&shared->lock);
    insert(worker, pass, key);
    lock_release_writer(&shared->lock);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    uint64_t random = worker->core + 1;
    for (unsigned round = 0; round < worker->rounds; round++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        step(worker, (random >> 33) % KEYS, round);
    }
    return NULL;
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    unsigned cores = (unsigned)strtoul(arguments[1], NULL, 10);
    struct shared *shared = aligned_alloc(64, sizeof *shared);
    void *memory = aligned_alloc(64, table_bytes(type, CAPACITY, cores));
    struct worker *workers = calloc(cores, sizeof *workers);
    if (!shared || !memory || !workers)
        return 1;
    memset(memory, 0, table_bytes(type, CAPACITY, cores));
    memset(shared, 0, sizeof *shared);
    lock_init(&shared->lock, cores);
    table_init(&shared->table, memory, type, CAPACITY, cores, EXPIRY, 7);
    for (unsigned i = 0; i < cores; i++) {
        workers[i] = (struct worker){
            .shared = shared, .core = i, .rounds = (unsigned)strtoul(arguments[2], NULL, 10)};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            return 1;
    }
    bool wrong = false;
    uint64_t added = 0;
    for (unsigned i = 0; i < cores; i++) {
        pthread_join(workers[i].thread, NULL);
        wrong |= workers[i].wrong;
        added += workers[i].added;
    }
    wrong |= added != shared->inserted || added == 0;
    printf("%llu flows\n", (unsigned long long)added);
    free(shared), free(memory), free(workers);
    return wrong;
}
