/* Frames by description. */
#ifndef RSSC_FRAME_H
#define RSSC_FRAME_H

#include "packet/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_MAX_BYTES = 1536 }; /* of `frame_build` */

struct frame_end {
    uint8_t mac[6];
    uint8_t address[16]; /* IPv4: the first four */
    uint16_t port;
};

struct recipe {
    struct frame_end source, destination;
    unsigned tags; /* VLAN tags */
    uint16_t vlan;
    uint8_t version;
    uint8_t protocol;
    unsigned options;  /* words of IPv4 options; for IPv6, extension headers */
    bool fragmented;   /* more fragments follow */
    uint16_t fragment; /* offset in units of eight bytes */
    bool no_checksum;  /* UDP over IPv4 */
    size_t payload;    /* bytes behind the first eight (TCP: twenty) of the transport header; at most 1400 */
};

/* Writes a frame, padded to 60 bytes, with right checksums; returns its length, at most FRAME_MAX_BYTES. */
size_t frame_build(const struct recipe *recipe, uint8_t *frame);

/* Exchanges the ends of a frame: MAC and IP addresses, and ports where it has some. */
void frame_turn(uint8_t *frame, size_t length);

/* One's complement sum of `bytes`, as a big-endian number, added to `sum`. */
uint32_t frame_sum(const uint8_t *bytes, size_t count, uint32_t sum);

/* Folds a sum to 16 bits. */
uint16_t frame_fold(uint32_t sum);

#endif
