/* Internet checksums brought up to date without reading what they are over: RFC 1624, equation 3. */
#ifndef RSSC_CHECKSUM_H
#define RSSC_CHECKSUM_H

#include <stdint.h>
#include <string.h>

static inline uint16_t checksum_word(const uint8_t *bytes)
{
    uint16_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* What a sum gains when `count` bytes, an even number at an even place, are replaced. Gains add up. */
static inline uint32_t checksum_gain(const uint8_t *before, const uint8_t *after, unsigned count)
{
    uint32_t gain = 0;
    for (unsigned i = 0; i < count; i += 2)
        gain += (uint16_t)~checksum_word(before + i) + (uint32_t)checksum_word(after + i);
    return gain;
}

/* Corrects the checksum at `field`, as wrong as it was. */
static inline void checksum_correct(uint8_t *field, uint32_t gain)
{
    uint32_t sum = (uint16_t)~checksum_word(field) + gain;
    sum = (sum & 0xffffU) + (sum >> 16);
    sum = (sum & 0xffffU) + (sum >> 16);
    uint16_t checksum = (uint16_t)~sum;
    memcpy(field, &checksum, sizeof checksum);
}

/* The same for UDP (RFC 768): a checksum of 0 says that there is none, one that comes out as 0 is sent as all ones. */
static inline void checksum_correct_udp(uint8_t *field, uint32_t gain)
{
    static const uint16_t zero = 0xffffU;
    if (checksum_word(field) == 0)
        return;
    checksum_correct(field, gain);
    if (checksum_word(field) == 0)
        memcpy(field, &zero, sizeof zero);
}

#endif
