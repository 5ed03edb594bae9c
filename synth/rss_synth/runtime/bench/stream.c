#include "bench/stream.h"

#include "common/message.h"

#include <stdlib.h>
#include <string.h>

/* xorshift64*: the same numbers everywhere */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static void put16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, size_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint16_t checksum_of(const uint8_t *header)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < 20; i += 2)
        sum += (uint32_t)(header[i] << 8 | header[i + 1]);
    while (sum >> 16)
        sum = (sum & 0xffffU) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Sources are in 10.0.0.0/8 and destinations in 100.64.0.0/10, spread over them by odd multipliers. */
static void make_frame(uint8_t *frame, size_t flow)
{
    static const uint8_t ethernet[14] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00};
    memset(frame, 0, STREAM_ROOM);
    memcpy(frame, ethernet, sizeof ethernet);
    uint8_t *ip = frame + 14;
    ip[0] = 0x45;
    put16(ip + 2, STREAM_FRAME - 14);
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, 0x0a000000U | (flow * 0x9e3779U & 0xffffffU));
    put32(ip + 16, 0x64400000U | (flow * 0x2545f5U & 0x3fffffU));
    put16(ip + 10, checksum_of(ip));
    put16(ip + 20, 1024 + flow % 60000);
    put16(ip + 22, 443);
    put16(ip + 24, STREAM_FRAME - 34);
}

/* The first flow whose share of all packets reaches `point`. */
static size_t find_flow(const double *shares, size_t flows, double point)
{
    size_t low = 0, high = flows - 1;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (shares[middle] < point)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Cumulative shares of Zipf's distribution with exponent 1. */
static double *zipf_shares(size_t flows)
{
    double *shares = calloc(flows, sizeof *shares);
    double sum = 0;
    for (size_t i = 0; shares && i < flows; i++)
        shares[i] = sum += 1.0 / (double)(i + 1);
    for (size_t i = 0; shares && i < flows; i++)
        shares[i] /= sum;
    return shares;
}

bool stream_reserve(struct stream *stream, size_t count)
{
    *stream = (struct stream){.frames = aligned_alloc(STREAM_ROOM, (count ? count : 1) * STREAM_ROOM)};
    return stream->frames || complain("no memory for %zu packets", count);
}

void stream_add(struct stream *stream, const uint8_t *frame)
{
    memcpy(stream_frame(stream, stream->count++), frame, STREAM_ROOM);
}

bool stream_make(struct stream *stream, const struct stream_plan *plan)
{
    uint64_t random = 88172645463325252U;
    double *shares = plan->zipf ? zipf_shares(plan->flows) : NULL;
    if ((plan->zipf && !shares) || !stream_reserve(stream, plan->packets)) {
        free(shares);
        return complain("out of memory");
    }
    for (size_t i = 0; i < plan->packets; i++) {
        uint64_t drawn = next_random(&random) >> 11;
        size_t flow = shares ? find_flow(shares, plan->flows, (double)drawn * 0x1p-53) : drawn % plan->flows;
        make_frame(stream_frame(stream, i), flow);
    }
    stream->count = plan->packets;
    free(shares);
    return true;
}

void stream_free(struct stream *stream)
{
    free(stream->frames);
    *stream = (struct stream){0};
}
