#include "steering/steering.h"

#include <stdlib.h>
#include <string.h>

struct piece {
    const uint8_t *from;
    size_t bytes;
};

static struct piece locate(const struct packet *packet, enum hash_field field)
{
    static const uint8_t nothing[12] = {0}; /* what a frame of less than a header has of it */
    const uint8_t *data = packet->ether_type ? packet->data : nothing;
    switch (field) {
    case FIELD_MAC_DST:
        return (struct piece){data, 6};
    case FIELD_MAC_SRC:
        return (struct piece){data + 6, 6};
    case FIELD_ETHER_TYPE:
        return (struct piece){data + packet->ether_type, 2};
    case FIELD_IP_PROTO:
        return (struct piece){&packet->protocol, 1};
    case FIELD_IPV4_SRC:
    case FIELD_IPV6_SRC:
        return (struct piece){packet_source(packet), packet_address_bytes(packet)};
    case FIELD_IPV4_DST:
    case FIELD_IPV6_DST:
        return (struct piece){packet_destination(packet), packet_address_bytes(packet)};
    case FIELD_L4_SRC:
        return (struct piece){data + packet->l4, 2};
    case FIELD_L4_DST:
        return (struct piece){data + packet->l4 + 2, 2};
    case FIELD_SCTP_VTAG:
        return (struct piece){data + packet->l4 + 4, 4};
    case FIELD_ESP_SPI:
        return (struct piece){data + packet->l4, 4};
    }
    return (struct piece){data, 0};
}

static size_t gather(const struct hash_input *input, const struct packet *packet, uint8_t *out)
{
    size_t bytes = 0;
    for (size_t i = 0; i < input->fields; i++) {
        struct piece piece = locate(packet, input->field[i]);
        memcpy(out + bytes, piece.from, piece.bytes);
        bytes += piece.bytes;
    }
    return bytes;
}

static uint32_t table_index(const struct port_config *port, uint32_t hash)
{
    switch (port->index) {
    case INDEX_MODULO:
        return hash % port->table_size;
    case INDEX_XOR_BYTES:
        return (hash ^ hash >> 8 ^ hash >> 16 ^ hash >> 24) & 0xffU & (port->table_size - 1);
    case INDEX_HIGH_BITS:
        return (uint32_t)((uint64_t)hash * port->table_size >> 32);
    case INDEX_LOW_BITS:
        break;
    }
    return hash & (port->table_size - 1);
}

/* Where masks put an entry among 2^masks: the entries that packets reach are as far apart as can be. */
static uint64_t place_of(const struct port_config *port, uint32_t entry)
{
    uint64_t place = 0;
    for (unsigned i = 0; i < port->masks; i++)
        place = place << 1 | (unsigned)__builtin_parity(entry & port->mask[i]);
    return place;
}

uint16_t steering_queue(const struct nf_config *config, const struct port_config *port, unsigned cores, uint32_t entry)
{
    if (cores == config->queues)
        return port->table[entry];
    if (port->masks)
        return (uint16_t)(place_of(port, entry) * cores >> port->masks);
    return (uint16_t)(entry % port->table_period % cores);
}

bool steering_init(struct steering *steering, const struct nf_config *config, const struct port_config *port,
                   const uint8_t *key, unsigned cores)
{
    steering->port = port;
    toeplitz_init(&steering->hash, key, port->key_bytes, port->hash_initial);
    steering->table = calloc(port->table_size, sizeof *steering->table);
    if (!steering->table)
        return false;
    for (uint32_t entry = 0; entry < port->table_size; entry++)
        steering->table[entry] = steering_queue(config, port, cores, entry);
    return true;
}

void steering_free(struct steering *steering)
{
    free(steering->table);
    steering->table = NULL;
}

NF_TM_SAFE struct steered steer_to_entry(const struct steering *steering, const struct packet *packet)
{
    const struct hash_input *input = &steering->port->inputs[packet->kind];
    struct steered result = {.hashed = input->fields != 0};
    if (!result.hashed)
        return result;
    uint8_t bytes[TOEPLITZ_MAX_INPUT];
    result.hash = toeplitz_hash(&steering->hash, bytes, gather(input, packet, bytes));
    result.entry = table_index(steering->port, result.hash);
    return result;
}

NF_TM_SAFE struct steered steer(const struct steering *steering, const struct packet *packet)
{
    struct steered result = steer_to_entry(steering, packet);
    if (result.hashed || steering->port->default_from_table)
        result.core = steering->table[result.entry];
    return result;
}
