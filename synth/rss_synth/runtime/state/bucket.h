/* Token buckets, exact to the fraction of a byte: tokens are counted in billionths of a byte, of which a rate in
 * bytes per second makes whole numbers every nanosecond. Nothing is divided per packet and nothing is rounded, so how
 * often a bucket is looked at does not change what it lets pass.
 *
 * A bucket takes the room of a word: its debt, the tokens that it is short of a full one. When that was true is what
 * records of tables say anyway. One that nobody has taken from for the time that filling takes is full, as a new one
 * is: tables of buckets can forget it after `bucket_fill_time`. */
#ifndef RSSC_BUCKET_H
#define RSSC_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#define BUCKET_UNIT UINT64_C(1000000000) /* tokens of a byte */
#define BUCKET_MAX_BURST (UINT64_MAX / BUCKET_UNIT) /* bytes: 18 GB */
#define BUCKET_MAX_FILL INT64_C(1000000000000000000) /* ns: 31 years, which count as for ever */

/* What all buckets of a function have in common. */
struct bucket_rate {
    uint64_t rate;  /* bytes per second, at least 1 */
    uint64_t depth; /* tokens of a full bucket */
    int64_t fill;   /* ns that an empty one takes to be full */
};

/* Nanoseconds after which a bucket is full, whatever was taken. */
static inline int64_t bucket_fill_time(uint64_t rate, uint64_t burst)
{
    uint64_t time = (burst * BUCKET_UNIT - 1) / rate + 1;
    return time < (uint64_t)BUCKET_MAX_FILL ? (int64_t)time : BUCKET_MAX_FILL;
}

/* Bytes per second, and at once; both at least 1. */
static inline struct bucket_rate bucket_rate(uint64_t rate, uint64_t burst)
{
    return (struct bucket_rate){.rate = rate, .depth = burst * BUCKET_UNIT, .fill = bucket_fill_time(rate, burst)};
}

/* What is left at `now` of a debt that was true at `time`. Where cores share a bucket, the packet before may be
 * younger: nothing is paid then. */
static inline uint64_t bucket_debt(const struct bucket_rate *rate, uint64_t debt, int64_t time, int64_t now)
{
    int64_t elapsed = now - time;
    if (elapsed <= 0)
        return debt;
    if (elapsed >= rate->fill)
        return 0;
    uint64_t paid = (uint64_t)elapsed * rate->rate; /* less than depth: fits */
    return paid < debt ? debt - paid : 0;
}

/* Whether so many bytes may pass a bucket of that debt, which they then add to: it holds more than that. */
static inline bool bucket_has(const struct bucket_rate *rate, uint64_t debt, uint32_t bytes)
{
    return rate->depth - debt > bytes * BUCKET_UNIT;
}

#endif
