/* What fake devices in place of libdpdk have in common: how they take a key, classes and a table, and give them back,
 * unless the fault says otherwise. Include it once, after rte_ethdev.h. */
#include <errno.h>
#include <string.h>

static const char *fault;
static uint8_t key[UINT8_MAX];
static uint64_t classes;
static uint64_t others; /* classes that it says it hashes as well */
static uint16_t table[UINT16_MAX];

static bool is(const char *name)
{
    return strcmp(fault, name) == 0;
}

const char *rte_strerror(int number)
{
    return strerror(number);
}

int rte_eth_dev_rss_hash_update(uint16_t port, struct rte_eth_rss_conf *conf)
{
    (void)conf;
    return is("late-update") ? -ENODEV : (int)port;
}

int rte_eth_dev_rss_hash_conf_get(uint16_t port, struct rte_eth_rss_conf *conf)
{
    if (is("unreadable"))
        return -ENOTSUP;
    if (!is("untouched"))
        memcpy(conf->rss_key, key, conf->rss_key_len);
    if (is("other-key"))
        conf->rss_key[7] ^= 1;
    conf->rss_hf = classes | others;
    if (is("fewer-classes"))
        conf->rss_hf &= ~RTE_ETH_RSS_NONFRAG_IPV4_UDP;
    return (int)port;
}

int rte_eth_dev_rss_reta_update(uint16_t port, struct rte_eth_rss_reta_entry64 *groups, uint16_t size)
{
    if (is("table-refused") || (is("later-table-refused") && table[0] != table[1]))
        return -ENOTSUP;
    for (uint16_t i = 0; i < size; i++)
        if (groups[i / 64].mask >> i % 64 & 1)
            table[i] = groups[i / 64].reta[i % 64];
    return (int)port;
}

int rte_eth_dev_rss_reta_query(uint16_t port, struct rte_eth_rss_reta_entry64 *groups, uint16_t size)
{
    for (uint16_t i = 0; i < size; i++)
        if (groups[i / 64].mask >> i % 64 & 1)
            groups[i / 64].reta[i % 64] = is("other-table") && i == 100 ? 3 : table[i];
    return is("table-unreadable") ? -ENOTSUP : (int)port;
}
