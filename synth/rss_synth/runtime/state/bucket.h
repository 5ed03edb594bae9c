/* Token buckets, exact to the fraction of a byte: tokens are counted in billionths of a byte, of which a rate in
 * bytes per second makes whole numbers every nanosecond. Nothing is divided per packet and nothing is rounded, so how
 * often a bucket is looked at does not change what it lets pass.
 *
 * A bucket that nobody has taken from for the time that filling takes is full, as a new one is: tables of
 * buckets can forget it after `bucket_fill_time`. */
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

struct bucket {
    int64_t time;    /* ns, when `tokens` was true */
    uint64_t tokens;
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

static inline void bucket_init(struct bucket *bucket, const struct bucket_rate *rate, int64_t now)
{
    *bucket = (struct bucket){.time = now, .tokens = rate->depth};
}

/* What a bucket holds now. Where cores share it, the packet before may be younger: nothing is added then. */
static inline uint64_t bucket_tokens(const struct bucket *bucket, const struct bucket_rate *rate, int64_t now)
{
    int64_t elapsed = now - bucket->time;
    if (elapsed <= 0)
        return bucket->tokens;
    if (elapsed >= rate->fill)
        return rate->depth;
    uint64_t gained = (uint64_t)elapsed * rate->rate; /* less than depth: fits */
    return gained < rate->depth - bucket->tokens ? bucket->tokens + gained : rate->depth;
}

/* Whether so many bytes may pass now: there is more than that. */
static inline bool bucket_has(const struct bucket *bucket, const struct bucket_rate *rate, int64_t now, uint32_t bytes)
{
    return bucket_tokens(bucket, rate, now) > bytes * BUCKET_UNIT;
}

/* Takes what `bucket_has` found. */
static inline void bucket_take(struct bucket *bucket, const struct bucket_rate *rate, int64_t now, uint32_t bytes)
{
    bucket->tokens = bucket_tokens(bucket, rate, now) - bytes * BUCKET_UNIT;
    if (now > bucket->time)
        bucket->time = now;
}

#endif
