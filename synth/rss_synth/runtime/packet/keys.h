/* Keys of tables that packets are found by: whole words without padding, as tables compare and hash them.
 *
 * Whoever includes this has defined ADDRESS_BYTES, the room for an address: 4 where only IPv4 has state, otherwise 16.
 * IPv4 takes the first four bytes of it, so the version is part of the key. */
#ifndef RSSC_KEYS_H
#define RSSC_KEYS_H

#include "packet/packet.h"

#ifndef ADDRESS_BYTES
#error "ADDRESS_BYTES is 4 or 16"
#endif

struct host_key {
    uint8_t address[ADDRESS_BYTES];
    uint8_t version;
    uint8_t zero[ADDRESS_BYTES == 4 ? 3 : 7];
};

struct flow_key {
    uint8_t address[2][ADDRESS_BYTES]; /* of either end */
    uint8_t port[2][2];
    uint8_t protocol;
    uint8_t version;
    uint8_t zero[2];
};

static inline uint8_t key_version(const struct packet *packet)
{
    return ADDRESS_BYTES == 4 ? 4 : packet->version;
}

static inline void host_key_of_source(struct host_key *key, const struct packet *packet)
{
    *key = (struct host_key){.version = key_version(packet)};
    packet_copy_source(packet, key->address, ADDRESS_BYTES);
}

static inline void host_key_of_destination(struct host_key *key, const struct packet *packet)
{
    *key = (struct host_key){.version = key_version(packet)};
    packet_copy_destination(packet, key->address, ADDRESS_BYTES);
}

/* The flow of a packet with ports, whose sender is end `source` of it. */
static inline void flow_key_of(struct flow_key *key, const struct packet *packet, unsigned source)
{
    *key = (struct flow_key){.protocol = packet->protocol, .version = key_version(packet)};
    packet_copy_source(packet, key->address[source], ADDRESS_BYTES);
    packet_copy_destination(packet, key->address[1 - source], ADDRESS_BYTES);
    uint8_t port[2][2];
    memcpy(port, packet->data + packet->l4, sizeof port);
    memcpy(key->port[source], port[0], 2);
    memcpy(key->port[1 - source], port[1], 2);
}

#endif
