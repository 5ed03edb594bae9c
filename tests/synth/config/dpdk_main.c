/* Takes every port of the generated configuration through configure, start and steer. */
#include <stdio.h>

#include <rte_eal.h>
#include <rte_mbuf.h>

#include "rss_config.h"

static int start(enum rssc_port port, struct rte_mempool *pool, struct rssc_error *error)
{
    uint16_t device = rssc_ports[port].device;
    int status = rssc_configure(port, device, 1, NULL, error);

    for (uint16_t queue = 0; status == 0 && queue < rssc_ports[port].queues; queue++)
        status = rte_eth_rx_queue_setup(device, queue, 64, 0, NULL, pool);
    if (status == 0)
        status = rte_eth_tx_queue_setup(device, 0, 64, 0, NULL);
    if (status == 0)
        status = rte_eth_dev_start(device);
    return status == 0 ? rssc_steer(port, device, error) : status;
}

int main(int argc, char **argv)
{
    struct rssc_error error = { "unknown" };
    struct rte_mempool *pool;

    if (rte_eal_init(argc, argv) < 0)
        return 70;
    pool = rte_pktmbuf_pool_create("pool", 1023, 0, 0, RTE_MBUF_DEFAULT_BUF_SIZE, 0);
    for (int port = 0; port < RSSC_PORTS; port++) {
        if (start((enum rssc_port)port, pool, &error) < 0) {
            fprintf(stderr, "%s\n", error.text);
            return 1;
        }
        printf("steered %s\n", rssc_ports[port].name);
    }
    return 0;
}
