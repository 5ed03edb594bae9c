#include "check/blame.h"

#include <stdlib.h>

/* Whether entries of tied ports can be told to be the same: their tables repeat after as many. */
static bool periods_agree(void)
{
    bool agree = true;
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct port_config *own = &nf_config.ports[port];
        agree &= own->table_period == nf_config.ports[own->component].table_period;
    }
    return agree;
}

/* Ports that belong together have the places of the first of them. The one behind all is for what is not hashed. */
static size_t number_places(struct blame *blame)
{
    size_t count = 0;
    if (nf_config.asks_tables || !periods_agree())
        return 1;
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct port_config *own = &nf_config.ports[port];
        bool leads = own->component == port;
        blame->first[port] = leads ? count : blame->first[own->component];
        count += leads ? own->table_period : 0;
    }
    return count + 1;
}

bool blame_start(struct blame *blame, int64_t expiry)
{
    *blame = (struct blame){.expiry = expiry};
    blame->count = number_places(blame);
    blame->places = calloc(blame->count, sizeof *blame->places);
    return blame->places != NULL;
}

void blame_free(struct blame *blame)
{
    free(blame->places);
    blame->places = NULL;
}

static struct place *place_of(const struct blame *blame, unsigned port, const struct steered *steered)
{
    if (!steered->hashed || blame->count == 1)
        return &blame->places[blame->count - 1];
    return &blame->places[blame->first[port] + steered->entry % nf_config.ports[port].table_period];
}

static bool refused_there(const struct story *story, size_t event)
{
    return story->events[event].reasons > (event ? story->events[event - 1].reasons : 0);
}

const struct refusal *blame_note(struct blame *blame, const struct story *story, size_t number,
                                 const struct steered *steered, bool refused_here)
{
    const struct event *event = &story->events[number];
    struct place *place = place_of(blame, event->port, steered);
    bool forgotten = blame->expiry && event->time - place->seen > blame->expiry;
    if (forgotten || !place->blamed) {
        place->blamed = refused_here || refused_there(story, number);
        place->refusal = (struct refusal){number, refused_here};
    }
    place->seen = event->time;
    return place->blamed ? &place->refusal : NULL;
}
