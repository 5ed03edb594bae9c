/* The headers of the packet, chunk by chunk: borrowed in their order, changed in place, returned. */
#ifndef RSSC_LIBVIG_PACKET_IO_H
#define RSSC_LIBVIG_PACKET_IO_H

#include "libvig/here.h"
#include "packet/checksum.h"

enum { LIBVIG_IPV4_CHECKSUM = 10, LIBVIG_ADDRESSES = 12 };

/* `p` is whatever the function calls its packet: there is one. */
static inline void packet_state_total_length(void *p, uint32_t *len)
{
    (void)p;
    *len = libvig_here.length;
}

/* Bytes that were not borrowed yet. */
static inline uint32_t packet_get_unread_length(void *p)
{
    (void)p;
    return libvig_here.length - libvig_here.read;
}

/* Borrows the next `length` bytes; NULL where there are not so many. */
static inline void packet_borrow_next_chunk(void *p, size_t length, void **chunk)
{
    struct libvig_here *here = &libvig_here;
    *chunk = NULL;
    if (length > packet_get_unread_length(p))
        return;
    *chunk = here->packet + here->read;
    here->read += (uint32_t)length;
    libvig_keep(here->read);
}

/* Chunks are parts of the packet: what was changed in one has been changed there. */
static inline void packet_return_chunk(void *p, void *chunk)
{
    (void)p, (void)chunk;
}

/* What a checksum gains by what was changed from `at` to `end`, which were borrowed. */
static inline uint32_t libvig_gain(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *before = libvig_here.before + (at - libvig_here.packet);
    size_t bytes = at < end ? (size_t)(end - at) : 0;
    uint32_t gain = checksum_gain(before, at, (unsigned)(bytes & ~(size_t)1));
    if (bytes % 2 == 0)
        return gain;
    const uint8_t old[2] = {before[bytes - 1]}, new[2] = {at[bytes - 1]};
    return gain + checksum_gain(old, new, 2);
}

/* Writes to `field` the checksum that it had when the packet came in, for gains to be applied to. */
static inline void libvig_reset(uint8_t *field)
{
    libvig_keep((uint32_t)(field - libvig_here.packet) + 2);
    memcpy(field, libvig_here.before + (field - libvig_here.packet), 2);
}

static inline void libvig_correct_l4(const uint8_t *ip, uint8_t *l4)
{
    enum { TCP = 6, UDP = 17, IPV4_PROTOCOL = 9, TCP_CHECKSUM = 16, UDP_CHECKSUM = 6 };
    const uint8_t protocol = ip[IPV4_PROTOCOL];
    uint8_t *field = l4 + (protocol == UDP ? UDP_CHECKSUM : TCP_CHECKSUM);
    const uint8_t *borrowed = libvig_here.packet + libvig_here.read;
    if ((protocol != TCP && protocol != UDP) || field + 2 > libvig_here.packet + libvig_here.length)
        return;
    uint32_t gain = libvig_gain(ip + LIBVIG_ADDRESSES, ip + LIBVIG_ADDRESSES + 8);
    gain += libvig_gain(l4, borrowed < field ? borrowed : field) + libvig_gain(field + 2, borrowed);
    libvig_reset(field);
    if (protocol == UDP)
        checksum_correct_udp(field, gain);
    else
        checksum_correct(field, gain);
}

/* Makes the checksums of an IPv4 header, and of the TCP or UDP header behind it, right for what was changed in
 * borrowed chunks. Of the packet only headers are read, so that it works on packets whose end is not at hand; a
 * checksum that was wrong stays wrong, and UDP without one stays so. */
static inline void nf_set_rte_ipv4_udptcp_checksum(void *ip_header, void *l4_header, void *packet)
{
    (void)packet;
    uint8_t *ip = ip_header, *l4 = l4_header, *field = ip + LIBVIG_IPV4_CHECKSUM;
    libvig_correct_l4(ip, l4);
    uint32_t gain = libvig_gain(ip, field) + libvig_gain(field + 2, l4);
    libvig_reset(field);
    checksum_correct(field, gain);
}

#endif
