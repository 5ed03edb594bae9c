/* The generated program as a library: maps are arrays, and a frame is what test_steer is given. PORT names the port. */
#include "steer.bpf.c"

#include "key.h"
#include "ports.h"

#include <string.h>

#define JOIN(left, right) left##right
#define OF_PORT(left, right) JOIN(left, right)

enum { MAX_QUEUES = 64, NO_CPU = -1, FIRST_CPU = 100 };

static struct {
    const struct port *port;
    struct key_tables key;
    __u32 cpus[MAX_QUEUES];
    struct queue_count counts[MAX_QUEUES];
    const __u8 *frame;
    size_t bytes;
    int cpu;
} shim;

void *bpf_map_lookup_elem(void *map, const void *key)
{
    __u32 at = *(const __u32 *)key;
    if (map == &key_tables)
        return at == 0 ? &shim.key : NULL;
    if (map == &rss_table)
        return at < shim.port->table_size ? (void *)(uintptr_t)&shim.port->table[at] : NULL;
    if (at >= shim.port->queues)
        return NULL;
    return map == &cpu_of_queue ? (void *)&shim.cpus[at] : &shim.counts[at];
}

long bpf_redirect_map(void *map, __u64 key, __u64 flags)
{
    if (map != &cpus || flags != XDP_PASS)
        return XDP_ABORTED;
    shim.cpu = (int)key;
    return XDP_REDIRECT;
}

__u64 bpf_xdp_get_buff_len(struct xdp_md *frame)
{
    (void)frame;
    return shim.bytes;
}

long bpf_xdp_load_bytes(struct xdp_md *frame, __u32 at, void *to, __u32 bytes)
{
    (void)frame;
    if (at > shim.bytes || bytes > shim.bytes - at)
        return -1;
    memcpy(to, shim.frame + at, bytes);
    return 0;
}

/* Queue of a frame, by the CPU it was redirected to; NO_CPU where it was not. `hash` is 0 where `hashed` is. */
int test_steer(const __u8 *frame, size_t bytes, int *hashed, __u32 *hash)
{
    struct xdp_md context = {0};
    struct headers headers;
    shim.port = find_port(PORT_NAME, strlen(PORT_NAME));
    fill_key_tables(&shim.key, shim.port->key, shim.port->key_bytes);
    for (__u32 queue = 0; queue < MAX_QUEUES; queue++)
        shim.cpus[queue] = FIRST_CPU + queue;
    shim.frame = frame;
    shim.bytes = bytes;
    shim.cpu = FIRST_CPU + NO_CPU;
    __u8 input[HASH_INPUT_ROOM] = {0};
    read_headers(&context, &headers);
    __u32 gathered = OF_PORT(gather_, PORT)(&headers, input);
    *hashed = gathered > 0;
    *hash = *hashed ? OF_PORT(hash_, PORT)(&shim.key, input, gathered) : 0;
    return OF_PORT(steer_, PORT)(&context) == XDP_REDIRECT ? shim.cpu - FIRST_CPU : NO_CPU;
}

/* What was counted of a queue since the library was loaded. */
struct queue_count test_count(__u32 queue)
{
    return shim.counts[queue];
}
