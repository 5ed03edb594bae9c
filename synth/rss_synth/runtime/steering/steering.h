/* What the NIC does, in software: packet -> hash -> table entry -> core. */
#ifndef RSSC_STEERING_H
#define RSSC_STEERING_H

#include "nf/config.h"
#include "nf/strategy.h"
#include "packet/packet.h"
#include "steering/toeplitz.h"

/* One port's hash and indirection table. */
struct steering {
    const struct port_config *port;
    struct toeplitz hash;
    uint16_t *table;
};

struct steered {
    bool hashed;
    uint32_t hash;
    uint32_t entry;
    unsigned core;
};

/* Queue of table entry `entry` when `cores` queues are used: by the spec's table where it was made for that
 * many, otherwise round robin, or dealt over the entries that packets reach. */
uint16_t steering_queue(const struct nf_config *config, const struct port_config *port, unsigned cores, uint32_t entry);

/* Prepares a port for `cores` cores, hashing with `key` (`port->key_bytes` long). False without memory. */
bool steering_init(struct steering *steering, const struct nf_config *config, const struct port_config *port,
                   const uint8_t *key, unsigned cores);

void steering_free(struct steering *steering);

/* The packet's hash and entry, without a look at the table: `core` is 0. */
NF_TM_SAFE struct steered steer_to_entry(const struct steering *steering, const struct packet *packet);

/* Where the packet goes. */
NF_TM_SAFE struct steered steer(const struct steering *steering, const struct packet *packet);

#endif
