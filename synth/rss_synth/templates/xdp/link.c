#include "link.h"

#include "key.h"
#include "layout.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* object.S */
extern const char steer_object[];
extern const char steer_object_end[];

static bool failed(const struct place *place, const char *what)
{
    fprintf(stderr, "%s (%s): %s: %s\n", place->port->name, place->interface, what, strerror(errno));
    return false;
}

static struct bpf_map *find_map(const struct link *link, const char *name)
{
    return bpf_object__find_map_by_name(link->object, name);
}

static int map_fd(const struct link *link, const char *name)
{
    return bpf_map__fd(find_map(link, name));
}

static bool resize(const struct link *link, const char *name, uint32_t entries)
{
    return bpf_map__set_max_entries(find_map(link, name), entries) == 0;
}

/* A map of CPUs has room for those that this kernel can have, and takes no more. */
static bool size_maps(const struct link *link)
{
    const struct port *port = link->place->port;
    int possible = libbpf_num_possible_cpus();
    return possible > 0 && resize(link, "rss_table", port->table_size) && resize(link, "cpu_of_queue", port->queues) &&
           resize(link, "queue_counts", port->queues) && resize(link, "cpus", (uint32_t)possible);
}

static bool put(const struct link *link, const char *map, uint32_t key, const void *value)
{
    return bpf_map_update_elem(map_fd(link, map), &key, value, BPF_ANY) == 0;
}

static bool fill_key(const struct link *link)
{
    const struct port *port = link->place->port;
    struct key_tables *tables = malloc(sizeof *tables);
    if (!tables)
        return false;
    fill_key_tables(tables, port->key, port->key_bytes);
    bool done = put(link, "key_tables", 0, tables);
    free(tables);
    return done;
}

static bool fill_table(const struct link *link)
{
    const struct port *port = link->place->port;
    for (uint32_t entry = 0; entry < port->table_size; entry++)
        if (!put(link, "rss_table", entry, &port->table[entry]))
            return false;
    return true;
}

static bool fill_cpus(const struct link *link, const struct options *options)
{
    const struct cpu_list *list = &options->cpus;
    for (uint32_t queue = 0; queue < link->place->port->queues; queue++) {
        uint32_t cpu = list->cpu[queue % list->count];
        if (!put(link, "cpu_of_queue", queue, &cpu))
            return false;
        if (queue < list->count && !put(link, "cpus", cpu, &options->ring)) {
            fprintf(stderr, "CPU %u: ", cpu);
            return false;
        }
    }
    return true;
}

static bool open_object(struct link *link)
{
    size_t bytes = (size_t)(steer_object_end - steer_object);
    struct bpf_program *program;
    link->object = bpf_object__open_mem(steer_object, bytes, NULL);
    if (!link->object)
        return false;
    bpf_object__for_each_program(program, link->object)
    {
        bool own = strcmp(bpf_program__name(program), link->place->port->program) == 0;
        if (bpf_program__set_autoload(program, own) != 0)
            return false;
    }
    return true;
}

bool link_load(struct link *link, const struct place *place, const struct options *options)
{
    *link = (struct link){.place = place, .fd = -1};
    if (!open_object(link) || !size_maps(link))
        return failed(place, "cannot prepare the program");
    if (bpf_object__load(link->object) != 0)
        return failed(place, "cannot load the program (it needs root and Linux 5.18 or later)");
    if (!fill_key(link) || !fill_table(link) || !fill_cpus(link, options))
        return failed(place, "cannot fill the maps");
    return true;
}

bool link_attach(struct link *link, const struct options *options)
{
    struct bpf_program *program = bpf_object__find_program_by_name(link->object, link->place->port->program);
    LIBBPF_OPTS(bpf_link_create_opts, attach, .flags = options->attach_flags);
    link->fd = bpf_link_create(bpf_program__fd(program), (int)link->place->index, BPF_XDP, &attach);
    if (link->fd >= 0)
        return true;
    if (errno == EBUSY || errno == EEXIST)
        return failed(link->place, "there is another XDP program (`ip link show` names it)");
    return failed(link->place, "cannot attach the program");
}

void link_close(struct link *link)
{
    if (link->fd >= 0)
        close(link->fd);
    bpf_object__close(link->object);
}

uint32_t link_table_id(const struct link *link)
{
    struct bpf_map_info info = {0};
    __u32 bytes = sizeof info;
    return bpf_obj_get_info_by_fd(map_fd(link, "rss_table"), &info, &bytes) == 0 ? info.id : 0;
}

static struct queue_count add_up(const struct queue_count *counts, int cpus)
{
    struct queue_count sum = {0};
    for (int cpu = 0; cpu < cpus; cpu++) {
        sum.packets += counts[cpu].packets;
        sum.unhashed += counts[cpu].unhashed;
        sum.bytes += counts[cpu].bytes;
    }
    return sum;
}

void link_print_counts(const struct link *link, const struct cpu_list *cpus)
{
    const struct place *place = link->place;
    int possible = libbpf_num_possible_cpus();
    struct queue_count *counts = possible > 0 ? calloc((size_t)possible, sizeof *counts) : NULL;
    for (uint32_t queue = 0; counts && queue < place->port->queues; queue++) {
        if (bpf_map_lookup_elem(map_fd(link, "queue_counts"), &queue, counts) != 0)
            break;
        struct queue_count sum = add_up(counts, possible);
        printf("%-12s %-15s %5u %4u %14llu %14llu %18llu\n", place->port->name, place->interface, queue,
               cpus->cpu[queue % cpus->count], (unsigned long long)sum.packets, (unsigned long long)sum.unhashed,
               (unsigned long long)sum.bytes);
    }
    free(counts);
}
