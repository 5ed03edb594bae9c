/* What the spec decided for each port; ports.c is generated. */
#ifndef RSSC_PORTS_H
#define RSSC_PORTS_H

#include <stddef.h>
#include <stdint.h>

struct port {
    const char *name;
    const char *program; /* in steer.bpf.c */
    const uint8_t *key;
    size_t key_bytes;
    const uint32_t *table; /* queue of every entry */
    uint32_t table_size;
    uint32_t queues;
};

extern const struct port ports[];
extern const size_t port_count;

/* The port of that name, `length` characters of it, or NULL. */
const struct port *find_port(const char *name, size_t length);

#endif
