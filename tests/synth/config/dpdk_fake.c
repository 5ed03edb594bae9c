/* A device in place of libdpdk: takes everything, unless the fault named by the argument says otherwise. */
#include <stdbool.h>
#include <stdio.h>

#include "rss_config.h"

#include "rss_device.h"

int rte_eth_dev_info_get(uint16_t port_id, struct rte_eth_dev_info *info)
{
    memset(info, 0, sizeof(*info));
    info->driver_name = "fake";
    info->max_rx_queues = is("queues") ? 3 : 64;
    info->hash_key_size = is("key-length") ? 52 : is("silent") ? 0 : rssc_ports[0].key_bytes;
    info->reta_size = is("table-size") ? 64 : rssc_ports[0].table_size;
    info->flow_type_rss_offloads = is("classes") ? RTE_ETH_RSS_NONFRAG_IPV4_UDP : UINT64_MAX;
    return port_id == 0 ? 0 : -ENODEV;
}

int rte_eth_dev_configure(uint16_t port_id, uint16_t rx, uint16_t tx, const struct rte_eth_conf *conf)
{
    const struct rte_eth_rss_conf *rss = &conf->rx_adv_conf.rss_conf;

    if (is("configure") || port_id || rx != rssc_ports[0].queues || tx != 1 || conf->txmode.offloads != 42)
        return -EINVAL;
    if (conf->rxmode.mq_mode != RTE_ETH_MQ_RX_RSS || rss->rss_key_len != rssc_ports[0].key_bytes)
        return -EINVAL;
    memcpy(key, rss->rss_key, rss->rss_key_len);
    classes = rss->rss_hf;
    return 0;
}

int main(int argc, char **argv)
{
    struct rte_eth_conf base = { .txmode.offloads = 42 };
    struct rssc_error error = { "" };
    int status;

    fault = argc > 1 ? argv[1] : "";
    others = is("more-classes") ? RTE_ETH_RSS_NONFRAG_IPV4_SCTP : 0;
    status = rssc_configure(RSSC_PORT_LAN, is("no-device") ? 1 : 0, 1, &base, &error);
    if (status == 0)
        status = rssc_steer(RSSC_PORT_LAN, 0, &error);
    printf("%s\n", status < 0 ? error.text : "steered");
    return status < 0;
}
