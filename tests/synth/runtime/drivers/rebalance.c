/* Two tied ports with 8 and 16 entries whose tables a Python test rebalances. */
#include "sharing/rebalance.h"

#include <stdlib.h>

static const uint16_t spread[16] = {0, 1, 2, 0, 1, 2, 0, 1, 0, 1, 2, 0, 1, 2, 0, 1};

const struct nf_config nf_config = {
    .name = "test",
    .queues = 3,
    .stateful = {[PACKET_IPV4_UDP] = true},
    .ports = {{.name = "LAN", .table = spread, .table_size = 8, .table_period = 8, .component = 0},
              {.name = "WAN", .table = spread, .table_size = 16, .table_period = 8, .component = 0}},
};

static struct nf_traits traits;
static struct nf_program program = {.traits = &traits};
static struct steering steering[NF_PORTS];
static struct rebalance rebalance;

int test_start(int shared, int64_t expiry)
{
    rebalance_free(&rebalance);
    program.strategy = shared ? STRATEGY_LOCKS : STRATEGY_SHARED_NOTHING;
    traits.expiry = expiry;
    for (unsigned port = 0; port < NF_PORTS; port++) {
        steering_free(&steering[port]);
        if (!steering_init(&steering[port], &nf_config, &nf_config.ports[port], (const uint8_t *)"", nf_config.queues))
            return 0;
    }
    return rebalance_init(&rebalance, &(struct rebalance_plan){&program, steering, nf_config.queues});
}

void test_break(void)
{
    steering[1].table[9] = 0;
}

int test_read_again(void)
{
    rebalance_free(&rebalance);
    return rebalance_init(&rebalance, &(struct rebalance_plan){&program, steering, nf_config.queues});
}

unsigned test_core(unsigned port, unsigned entry)
{
    return steering[port].table[entry];
}

void test_note(unsigned port, unsigned entry, uint64_t packets, int64_t now)
{
    struct steered steered = {.hashed = true, .entry = entry, .core = steering[port].table[entry]};
    rebalance_note(&rebalance, port, &steered, packets, now);
}

void test_finish(unsigned core, uint64_t packets)
{
    rebalance.done[core] += packets;
}

int test_move(unsigned port, unsigned entry, unsigned core, int64_t now)
{
    return rebalance_move(&rebalance, port, entry, core, now);
}

unsigned test_round(int64_t now)
{
    return rebalance_round(&rebalance, now);
}
