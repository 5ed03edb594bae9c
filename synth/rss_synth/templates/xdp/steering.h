/* What the NIC would do, in software: fields -> hash -> table entry -> queue -> CPU. */
#ifndef RSSC_STEERING_H
#define RSSC_STEERING_H

#include "headers.h"
#include "layout.h"

/* The loader gives each map as many entries as the port needs, and fills them before it attaches the program. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct key_tables);
} key_tables SEC(".maps");

/* Queue of every entry of the indirection table. Whoever changes it at run time moves what hashes there. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} rss_table SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} cpu_of_queue SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct queue_count);
} queue_counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_CPUMAP);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u32);
} cpus SEC(".maps");

/* The Toeplitz hash of the first `bytes` of an input. A function of its own: inlined and unrolled for every class, its
 * table addresses take more than the stack. */
static __attribute__((noinline, unused)) __u32 toeplitz(const struct key_tables *key, const __u8 *input,
                                                        __u32 bytes)
{
    __u32 hash = 0;
    for (__u32 i = 0; i < HASH_INPUT_ROOM; i++) {
        if (i >= bytes)
            break;
        hash ^= key->of[i][0][input[i] >> 4] ^ key->of[i][1][input[i] & 15];
    }
    return hash;
}

/* simple-xor: the XOR of the input's 32-bit words. What is behind the input is zero. */
static __attribute__((noinline, unused)) __u32 xor_of_words(const struct key_tables *key, const __u8 *input,
                                                            __u32 bytes)
{
    __u32 hash = 0;
    (void)key;
    (void)bytes;
    for (__u32 i = 0; i < HASH_INPUT_ROOM; i++)
        hash ^= (__u32)input[i] << (24 - 8 * (i & 3));
    return hash;
}

/* What symmetric functions make of a source and a destination before they are hashed. */
static __always_inline void pair_xor(__u8 *first, __u8 *second, __u32 bytes)
{
#pragma GCC unroll 16
    for (__u32 i = 0; i < bytes; i++)
        first[i] = second[i] = first[i] ^ second[i];
}

static __always_inline void pair_or_xor(__u8 *first, __u8 *second, __u32 bytes)
{
#pragma GCC unroll 16
    for (__u32 i = 0; i < bytes; i++) {
        __u8 both = first[i] | second[i];
        second[i] ^= first[i];
        first[i] = both;
    }
}

static __always_inline void pair_sort(__u8 *first, __u8 *second, __u32 bytes)
{
    int order = 0; /* less than 0: in order, by the first byte that differs */
#pragma GCC unroll 16
    for (__u32 i = 0; i < bytes; i++)
        order = order != 0 ? order : (int)first[i] - (int)second[i];
    __u8 exchanged = order > 0 ? 0xff : 0;
#pragma GCC unroll 16
    for (__u32 i = 0; i < bytes; i++) {
        __u8 change = (__u8)((first[i] ^ second[i]) & exchanged);
        first[i] ^= change;
        second[i] ^= change;
    }
}

/* How a hash becomes a table entry. */
static __always_inline __u32 entry_by_low_bits(__u32 hash, __u32 size)
{
    return hash & (size - 1);
}

static __always_inline __u32 entry_by_modulo(__u32 hash, __u32 size)
{
    return hash % size;
}

static __always_inline __u32 entry_by_xor_of_bytes(__u32 hash, __u32 size)
{
    return (hash ^ hash >> 8 ^ hash >> 16 ^ hash >> 24) & 0xff & (size - 1);
}

static __always_inline __u32 entry_by_high_bits(__u32 hash, __u32 size)
{
    return (__u32)((__u64)hash * size >> 32);
}

static __always_inline const struct key_tables *port_key(void)
{
    __u32 only = 0;
    return bpf_map_lookup_elem(&key_tables, &only);
}

static __always_inline __u32 queue_of_entry(__u32 entry)
{
    const __u32 *queue = bpf_map_lookup_elem(&rss_table, &entry);
    return queue ? *queue : 0;
}

/* Counts the packet and hands it to the queue's CPU. One that leads to no CPU goes on where it came in. */
static __always_inline int deliver(struct xdp_md *frame, __u32 queue, bool hashed)
{
    struct queue_count *count = bpf_map_lookup_elem(&queue_counts, &queue);
    const __u32 *cpu = bpf_map_lookup_elem(&cpu_of_queue, &queue);
    if (!count || !cpu)
        return XDP_PASS;
    count->packets++;
    count->unhashed += !hashed;
    count->bytes += bpf_xdp_get_buff_len(frame);
    return (int)bpf_redirect_map(&cpus, *cpu, XDP_PASS);
}

#endif
