#include "bench/stream.h"

#include "common/message.h"
#include "common/random.h"
#include "packet/bytes.h"

#include <stdlib.h>
#include <string.h>

enum { STATIONS = 2000 };

static void put32(uint8_t *at, uint32_t value)
{
    bytes_put16(at, value >> 16);
    bytes_put16(at + 2, value);
}

static uint16_t checksum_of(const uint8_t *header)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < 20; i += 2)
        sum += bytes_get16(header + i);
    while (sum >> 16)
        sum = (sum & 0xffffU) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Sources are spread over 223 prefixes of 8 bits and destinations over 100.64.0.0/10, by odd multipliers. On either
 * side are 2000 stations: as many as a bridge remembers. */
static void make_frame(uint8_t *frame, uint32_t flow)
{
    memset(frame, 0, STREAM_ROOM);
    frame[0] = frame[6] = 2; /* no group's addresses */
    bytes_put16(frame + 2, 2);
    bytes_put16(frame + 4, flow % STATIONS);
    bytes_put16(frame + 8, 1);
    bytes_put16(frame + 10, flow % STATIONS);
    bytes_put16(frame + 12, 0x0800);
    uint8_t *ip = frame + 14;
    ip[0] = 0x45;
    bytes_put16(ip + 2, STREAM_FRAME - 14);
    ip[8] = 64;
    ip[9] = 17;
    put32(ip + 12, (1 + flow % 223) << 24 | (flow * 0x9e3779U & 0xffffffU));
    put32(ip + 16, 0x64400000U | (flow * 0x2545f5U & 0x3fffffU));
    bytes_put16(ip + 10, checksum_of(ip));
    bytes_put16(ip + 20, 1024 + flow % 60000);
    bytes_put16(ip + 22, 443);
    bytes_put16(ip + 24, STREAM_FRAME - 34);
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

static void swap(uint8_t *left, uint8_t *right, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
}

void stream_turn(uint8_t *frame)
{
    swap(frame, frame + 6, 6);
    swap(frame + 26, frame + 30, 4);
    swap(frame + 34, frame + 36, 2);
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
    struct random random = {UINT64_C(88172645463325252)};
    double *shares = plan->zipf ? zipf_shares(plan->flows) : NULL;
    if ((plan->zipf && !shares) || !stream_reserve(stream, plan->packets)) {
        free(shares);
        return complain("out of memory");
    }
    for (size_t i = 0; i < plan->packets; i++) {
        uint64_t drawn = random_next(&random) >> 11;
        size_t flow = shares ? find_flow(shares, plan->flows, (double)drawn * 0x1p-53) : drawn % plan->flows;
        make_frame(stream_frame(stream, i), (uint32_t)flow);
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
