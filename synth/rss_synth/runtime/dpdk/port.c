#include "dpdk/port.h"

#include "common/message.h"
#include "dpdk/config.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdlib.h>
#include <string.h>

enum { RING_ENTRIES = 1024, MAX_DEVICE_KEY = 256, BURST = 32 };

unsigned port_mbufs(unsigned rx_queues, unsigned tx_queues)
{
    return (rx_queues + tx_queues) * RING_ENTRIES;
}

static bool find_device(const struct port_config *port, struct rte_eth_dev_info *info)
{
    if (!rte_eth_dev_is_valid_port(port->device))
        return complain("port %s is device %u, but the EAL has found %u in all", port->name, port->device,
                        rte_eth_dev_count_avail());
    int status = rte_eth_dev_info_get(port->device, info);
    return status == 0 || complain("port %s: %s", port->name, rte_strerror(-status));
}

static unsigned needed_tx_queues(const struct port_plan *plan)
{
    return plan->one_will_do ? 1 : plan->tx_queues;
}

static bool enough_queues(const struct port_config *port, const struct rte_eth_dev_info *info,
                          const struct port_plan *plan)
{
    if (info->max_rx_queues >= plan->rx_queues && info->max_tx_queues >= needed_tx_queues(plan))
        return true;
    return complain("port %s: %s has %u rx and %u tx queues, %u and %u are needed", port->name, info->driver_name,
                    info->max_rx_queues, info->max_tx_queues, plan->rx_queues, needed_tx_queues(plan));
}

/* Whether the device can do what was proven. A key size of 0 means that the driver does not say; the table's
 * size is known only when it has been written, as some drivers resize it. What is read back decides. */
static bool can_hash(unsigned number, const struct rte_eth_dev_info *info)
{
    const struct port_config *port = &nf_config.ports[number];
    const struct dpdk_port *wanted = &dpdk_ports[number];
    if (wanted->needs_rte_flow)
        return complain("port %s: its hash fields need rte_flow rules, which this program does not make", port->name);
    if (info->hash_key_size != 0 && info->hash_key_size != port->key_bytes)
        return complain("port %s: %s takes RSS keys of %u bytes, the spec's has %zu", port->name, info->driver_name,
                        info->hash_key_size, port->key_bytes);
    if ((wanted->rss_hf & info->flow_type_rss_offloads) != wanted->rss_hf)
        return complain("port %s: %s can't hash the spec's classes: rss_hf 0x%" PRIx64 " of 0x%" PRIx64, port->name,
                        info->driver_name, wanted->rss_hf & info->flow_type_rss_offloads, wanted->rss_hf);
    return true;
}

/* The RSS settings, with the key in `key`, which must outlive them. */
static struct rte_eth_rss_conf rss_conf(unsigned number, uint8_t *key)
{
    const struct port_config *port = &nf_config.ports[number];
    memcpy(key, port->key, port->key_bytes);
    return (struct rte_eth_rss_conf){
        .rss_key = key, .rss_key_len = (uint8_t)port->key_bytes, .rss_hf = dpdk_ports[number].rss_hf};
}

static int configure(unsigned number, const struct port_plan *plan, unsigned tx_queues)
{
    uint8_t key[MAX_DEVICE_KEY];
    struct rte_eth_conf conf = {.rxmode.mq_mode = RTE_ETH_MQ_RX_NONE};
    if (plan->rss) {
        conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
        conf.rx_adv_conf.rss_conf = rss_conf(number, key);
    }
    uint16_t device = nf_config.ports[number].device;
    return rte_eth_dev_configure(device, (uint16_t)plan->rx_queues, (uint16_t)tx_queues, &conf);
}

/* The number of tx queues that the device takes; net_tap, for one, wants as many as there are rx queues. */
static unsigned choose_tx_queues(unsigned number, const struct port_plan *plan, const struct rte_eth_dev_info *info)
{
    int status = -ENOTSUP;
    if (info->max_tx_queues >= plan->tx_queues)
        status = configure(number, plan, plan->tx_queues);
    if (status == 0)
        return plan->tx_queues;
    if (plan->one_will_do)
        status = configure(number, plan, 1);
    if (status == 0)
        return 1;
    complain("port %s: cannot configure: %s", nf_config.ports[number].name, rte_strerror(-status));
    return 0;
}

/* No offloads: checksums are the function's, and flooding needs mbufs freed by their references. */
static bool make_queues(const struct port_config *port, const struct port_plan *plan, unsigned tx_queues,
                        const struct rte_eth_dev_info *info)
{
    uint16_t rx = RING_ENTRIES, tx = RING_ENTRIES;
    struct rte_eth_rxconf rxconf = info->default_rxconf;
    struct rte_eth_txconf txconf = info->default_txconf;
    rxconf.offloads = txconf.offloads = 0;
    int status = rte_eth_dev_adjust_nb_rx_tx_desc(port->device, &rx, &tx);
    unsigned socket = (unsigned)rte_eth_dev_socket_id(port->device);
    for (uint16_t queue = 0; status == 0 && queue < plan->rx_queues; queue++)
        status = rte_eth_rx_queue_setup(port->device, queue, rx, socket, &rxconf, plan->pools[queue]);
    for (uint16_t queue = 0; status == 0 && queue < tx_queues; queue++)
        status = rte_eth_tx_queue_setup(port->device, queue, tx, socket, &txconf);
    return status == 0 || complain("port %s: cannot set up queues: %s", port->name, rte_strerror(-status));
}

/* Shows the four bytes from the first that differs on. */
static bool complain_of_key(const struct port_config *port, const uint8_t *key)
{
    size_t at = 0;
    while (key[at] == port->key[at] && at + 4 < port->key_bytes)
        at++;
    const uint8_t *has = key + at, *wanted = port->key + at;
    return complain("port %s: the device's RSS key has %02x%02x%02x%02x at byte %zu, the spec's %02x%02x%02x%02x",
                    port->name, has[0], has[1], has[2], has[3], at, wanted[0], wanted[1], wanted[2], wanted[3]);
}

static bool right_classes(unsigned number, uint64_t rss_hf)
{
    const struct dpdk_port *wanted = &dpdk_ports[number];
    if ((rss_hf & wanted->rss_hf) == wanted->rss_hf && (rss_hf & ~(wanted->rss_hf | wanted->rss_hf_accepted)) == 0)
        return true;
    return complain("port %s: the device hashes rss_hf 0x%" PRIx64 ", not 0x%" PRIx64, nf_config.ports[number].name,
                    rss_hf, wanted->rss_hf);
}

/* Writes key and classes once more, as some drivers take them only from a running device, and reads them back:
 * it is what the device answers that counts. */
static bool check_hash(unsigned number)
{
    const struct port_config *port = &nf_config.ports[number];
    uint8_t key[MAX_DEVICE_KEY];
    struct rte_eth_rss_conf conf = rss_conf(number, key);
    rte_eth_dev_rss_hash_update(port->device, &conf);
    for (size_t i = 0; i < port->key_bytes; i++)
        key[i] ^= 0xff; /* what is not overwritten is seen */
    conf.rss_hf = 0;
    int status = rte_eth_dev_rss_hash_conf_get(port->device, &conf);
    if (status != 0)
        return complain("port %s: cannot read the RSS key back: %s", port->name, rte_strerror(-status));
    if (memcmp(key, port->key, port->key_bytes) != 0)
        return complain_of_key(port, key);
    return right_classes(number, conf.rss_hf);
}

static bool same_table(const struct port_config *port, struct rte_eth_rss_reta_entry64 *groups, const uint16_t *table)
{
    int status = rte_eth_dev_rss_reta_query(port->device, groups, (uint16_t)port->table_size);
    if (status != 0)
        return complain("port %s: cannot read the table back: %s", port->name, rte_strerror(-status));
    for (uint32_t entry = 0; entry < port->table_size; entry++) {
        uint16_t queue = groups[entry / RTE_ETH_RETA_GROUP_SIZE].reta[entry % RTE_ETH_RETA_GROUP_SIZE];
        if (queue != table[entry])
            return complain("port %s: entry %u of the device's table is queue %u, not %u", port->name, entry, queue,
                            table[entry]);
    }
    return true;
}

/* Writes the table and reads it back. Some devices refuse the write and have the wanted contents anyway. */
static bool fill_table(const struct port_config *port, struct rte_eth_rss_reta_entry64 *groups, const uint16_t *table)
{
    for (uint32_t entry = 0; entry < port->table_size; entry++) {
        struct rte_eth_rss_reta_entry64 *group = &groups[entry / RTE_ETH_RETA_GROUP_SIZE];
        group->mask |= UINT64_C(1) << entry % RTE_ETH_RETA_GROUP_SIZE;
        group->reta[entry % RTE_ETH_RETA_GROUP_SIZE] = table[entry];
    }
    rte_eth_dev_rss_reta_update(port->device, groups, (uint16_t)port->table_size);
    struct rte_eth_dev_info info;
    if (!find_device(port, &info))
        return false;
    if (info.reta_size != port->table_size)
        return complain("port %s: %s has %u table entries, the spec says %u", port->name, info.driver_name,
                        info.reta_size, port->table_size);
    return same_table(port, groups, table);
}

bool port_write_table(unsigned number, const uint16_t *table)
{
    const struct port_config *port = &nf_config.ports[number];
    size_t count = (port->table_size + RTE_ETH_RETA_GROUP_SIZE - 1) / RTE_ETH_RETA_GROUP_SIZE;
    struct rte_eth_rss_reta_entry64 *groups = calloc(count, sizeof *groups);
    if (!groups)
        return complain("out of memory");
    bool good = fill_table(port, groups, table);
    free(groups);
    return good;
}

static bool start(const struct port_config *port)
{
    int status = rte_eth_dev_start(port->device);
    if (status != 0)
        return complain("port %s: cannot start: %s", port->name, rte_strerror(-status));
    int promiscuous = rte_eth_promiscuous_enable(port->device);
    if (promiscuous != 0 && promiscuous != -ENOTSUP) /* a device without that mode has no filter either */
        complain("port %s: cannot receive all traffic: %s", port->name, rte_strerror(-promiscuous));
    return true;
}

/* Says what to do about a device that cannot spread packets. */
static unsigned refuse(void)
{
    complain("use one lcore, or `--distribute 1`: the first lcore then hashes for the others");
    return 0;
}

unsigned port_start(unsigned number, const struct port_plan *plan)
{
    const struct port_config *port = &nf_config.ports[number];
    struct rte_eth_dev_info info;
    if (!find_device(port, &info) || !enough_queues(port, &info, plan))
        return 0;
    if (plan->rss && !can_hash(number, &info))
        return refuse();
    unsigned tx_queues = choose_tx_queues(number, plan, &info);
    if (tx_queues == 0 || !make_queues(port, plan, tx_queues, &info) || !start(port))
        return 0;
    if (!plan->rss || (check_hash(number) && port_write_table(number, plan->table)))
        return tx_queues;
    rte_eth_dev_stop(port->device);
    return refuse();
}

void port_discard_early(unsigned number, unsigned rx_queues)
{
    uint16_t device = nf_config.ports[number].device;
    struct rte_mbuf *mbufs[BURST];
    for (uint16_t queue = 0; queue < rx_queues; queue++)
        for (unsigned seen = 0; seen < RING_ENTRIES; seen += BURST)
            rte_pktmbuf_free_bulk(mbufs, rte_eth_rx_burst(device, queue, mbufs, BURST));
}

struct port_losses port_losses(unsigned number)
{
    struct rte_eth_stats stats;
    if (rte_eth_stats_get(nf_config.ports[number].device, &stats) != 0)
        return (struct port_losses){0};
    return (struct port_losses){.missed = stats.imissed, .no_memory = stats.rx_nombuf, .wrong = stats.ierrors};
}

void port_stop(unsigned number)
{
    rte_eth_dev_stop(nf_config.ports[number].device);
    rte_eth_dev_close(nf_config.ports[number].device);
}
