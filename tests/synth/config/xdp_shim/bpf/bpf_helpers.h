/* Stands in for libbpf's header, so that a program for BPF compiles as ordinary C; xdp_native.c has the functions. */
#ifndef XDP_SHIM_H
#define XDP_SHIM_H

#include <linux/bpf.h>
#include <linux/types.h>

#define SEC(name)
#define __uint(name, value) int (*name)[value]
#define __type(name, value) __typeof__(value) *name

void *bpf_map_lookup_elem(void *map, const void *key);
long bpf_redirect_map(void *map, __u64 key, __u64 flags);
__u64 bpf_xdp_get_buff_len(struct xdp_md *frame);
long bpf_xdp_load_bytes(struct xdp_md *frame, __u32 at, void *to, __u32 bytes);

#endif
