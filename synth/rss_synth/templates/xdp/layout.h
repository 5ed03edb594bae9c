/* Values of the maps that the program and its loader share. */
#ifndef RSSC_LAYOUT_H
#define RSSC_LAYOUT_H

#include <linux/types.h>

#define HASH_INPUT_ROOM 64 /* bytes; every field that a hash input can have takes 63 */

/* The Toeplitz hash by half bytes, made from the key once: 8 KB stay in the first cache, bytes would take 64. */
struct key_tables {
    __u32 of[HASH_INPUT_ROOM][2][16]; /* place in the input, high or low half, its value */
};

/* Of one queue, on one CPU. */
struct queue_count {
    __u64 packets;
    __u64 unhashed; /* those of them whose class is not hashed */
    __u64 bytes;
};

#endif
