/* The program on one interface. */
#ifndef RSSC_LINK_H
#define RSSC_LINK_H

#include "options.h"

#include <bpf/libbpf.h>

struct link {
    const struct place *place;
    struct bpf_object *object;
    int fd; /* of the attachment: closing it detaches the program, and so does the end of this process */
};

/* Loads a port's program and fills its maps. False after a message. */
bool link_load(struct link *link, const struct place *place, const struct options *options);

/* Packets are steered from here on. False after a message, such as that there is another XDP program. */
bool link_attach(struct link *link, const struct options *options);

void link_close(struct link *link);

/* The kernel's number of the map that holds the indirection table, 0 where it can't be told. */
uint32_t link_table_id(const struct link *link);

/* One line for every queue, CPUs added up. */
void link_print_counts(const struct link *link, const struct cpu_list *cpus);

#endif
