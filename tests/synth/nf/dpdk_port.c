/* A device in place of libdpdk: takes everything, unless the fault named by the argument says otherwise. Brings it up as
 * port 0, for all the spec's queues, then writes another table. */
#include "dpdk/config.h"
#include "dpdk/port.h"

#include <rte_ethdev.h>
#include <stdio.h>

#include "rss_device.h"

enum { EARLY = 100 }; /* packets on each queue before the table is in place */

struct rte_eth_fp_ops rte_eth_fp_ops[RTE_MAX_ETHPORTS];

static bool configured, running;
static unsigned freed, tx_queues, early[UINT8_MAX];

int rte_eth_dev_is_valid_port(uint16_t port)
{
    return port == 0 && !is("no-device");
}

uint16_t rte_eth_dev_count_avail(void)
{
    return is("no-device") ? 0 : 1;
}

int rte_eth_dev_socket_id(uint16_t port)
{
    return port ? -1 : 0;
}

int rte_eth_dev_info_get(uint16_t port, struct rte_eth_dev_info *info)
{
    *info = (struct rte_eth_dev_info){.driver_name = "fake"};
    info->max_rx_queues = is("queues") ? 3 : 64;
    info->max_tx_queues = is("few-tx-queues") ? 2 : 64;
    info->hash_key_size = is("silent") ? 0 : (uint8_t)(nf_config.ports[0].key_bytes + (is("key-length") ? 12 : 0));
    info->reta_size = (uint16_t)(nf_config.ports[0].table_size + (is("table-size") ? 64 : 0));
    info->flow_type_rss_offloads = is("classes") ? RTE_ETH_RSS_NONFRAG_IPV4_UDP : UINT64_MAX;
    info->default_rxconf.offloads = info->default_txconf.offloads = UINT64_MAX;
    return is("unknown") ? -ENODEV : (int)port;
}

int rte_eth_dev_configure(uint16_t port, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf)
{
    const struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;
    if (is("configure") || port || rx != nf_config.queues || conf->txmode.offloads || (is("one-tx-queue") && tx != 1))
        return -EINVAL;
    if (conf->rxmode.mq_mode != RTE_ETH_MQ_RX_RSS || conf->rxmode.offloads || running)
        return -EINVAL;
    memcpy(key, rss->rss_key, rss->rss_key_len);
    classes = rss->rss_hf;
    configured = true;
    return 0;
}

int rte_eth_dev_adjust_nb_rx_tx_desc(uint16_t port, uint16_t *rx, uint16_t *tx)
{
    return port || *rx < 64 || *tx < 64;
}

int rte_eth_rx_queue_setup(uint16_t port, uint16_t queue, uint16_t entries, unsigned socket,
                           const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
    (void)socket, (void)pool;
    early[queue] = EARLY;
    return is("rx-queue") && queue == 3 ? -ENOMEM : port || entries < 64 || conf->offloads != 0;
}

int rte_eth_tx_queue_setup(uint16_t port, uint16_t queue, uint16_t entries, unsigned socket,
                           const struct rte_eth_txconf *conf)
{
    (void)queue, (void)socket;
    return port || entries < 64 || conf->offloads != 0;
}

int rte_eth_dev_start(uint16_t port)
{
    running = configured && !is("start");
    return running ? (int)port : -EIO;
}

int rte_eth_dev_stop(uint16_t port)
{
    running = false;
    return (int)port;
}

int rte_eth_dev_close(uint16_t port)
{
    configured = false;
    return (int)port;
}

int rte_eth_promiscuous_enable(uint16_t port)
{
    return is("filter") ? -EIO : is("no-filter") ? -ENOTSUP : (int)port;
}

int rte_eth_stats_get(uint16_t port, struct rte_eth_stats *stats)
{
    *stats = (struct rte_eth_stats){.imissed = 1, .rx_nombuf = 2, .ierrors = 3};
    return is("no-statistics") ? -ENOTSUP : (int)port;
}

void rte_pktmbuf_free_bulk(struct rte_mbuf **mbufs, unsigned count)
{
    (void)mbufs;
    freed += count;
}

uint16_t rte_eth_call_rx_callbacks(uint16_t port, uint16_t queue, struct rte_mbuf **mbufs, uint16_t count, uint16_t most,
                                   void *callbacks)
{
    (void)port, (void)queue, (void)mbufs, (void)most, (void)callbacks;
    return count;
}

static uint16_t receive(void *queue, struct rte_mbuf **mbufs, uint16_t count)
{
    unsigned *left = queue, taken = count < *left ? count : *left;
    memset(mbufs, 0, taken * sizeof(*mbufs));
    *left -= taken;
    return (uint16_t)taken;
}

static void receive_from_queues(void **queues, void **callbacks)
{
    for (unsigned i = 0; i < nf_config.queues; i++)
        queues[i] = &early[i];
    rte_eth_fp_ops[0].rx_pkt_burst = receive;
    rte_eth_fp_ops[0].rxq.data = queues;
    rte_eth_fp_ops[0].rxq.clbk = callbacks;
}

static bool use_port(const struct port_plan *plan)
{
    static const uint16_t other[UINT16_MAX];
    tx_queues = port_start(0, plan);
    if (tx_queues == 0)
        return false;
    port_discard_early(0, plan->rx_queues);
    printf("%u discarded\n", freed);
    return port_write_table(0, other);
}

int main(int count, char **arguments)
{
    static void *queues[UINT8_MAX], *callbacks[UINT8_MAX];
    static struct rte_mempool *pools[UINT8_MAX];
    fault = count > 1 ? arguments[1] : "";
    others = is("groups") ? dpdk_ports[0].rss_hf_accepted : is("more-classes") ? RTE_ETH_RSS_NONFRAG_IPV6_UDP : 0;
    const struct port_plan plan = {.rx_queues = nf_config.queues,
                                   .tx_queues = nf_config.queues,
                                   .one_will_do = count > 2,
                                   .rss = true,
                                   .table = nf_config.ports[0].table,
                                   .pools = pools};
    receive_from_queues(queues, callbacks);
    bool used = use_port(&plan);
    if (used) {
        struct port_losses losses = port_losses(0);
        printf("%d %d %d lost, %u tx queues\n", (int)losses.missed, (int)losses.no_memory, (int)losses.wrong, tx_queues);
        port_stop(0);
    }
    printf("%s\n", running ? "running" : "stopped");
    return used ? 0 : 1;
}
