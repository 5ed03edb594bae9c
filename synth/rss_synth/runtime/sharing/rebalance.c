#include "sharing/rebalance.h"

#include "common/message.h"

#include <stdlib.h>
#include <string.h>

/* Loads up to this part above the average are left alone: they would differ again in the next round. */
enum { TOLERATED = 8 };

/* What a packet weighs, and the part of all weights that is forgotten every round. */
enum { WEIGHT = 256, FORGOTTEN = 8 };

static uint32_t group_of(const struct rebalance *rebalance, unsigned port, uint32_t entry)
{
    return rebalance->first[port] + entry % nf_config.ports[port].table_period;
}

/* Which groups may ever move. */
static bool choose_rule(struct rebalance *rebalance, const struct nf_program *program)
{
    bool stateful = false;
    for (unsigned kind = 0; kind < PACKET_CLASSES; kind++)
        stateful |= nf_config.stateful[kind];
    if (strategy_shares(program->strategy) || rebalance->cores == 1)
        return true;
    if (nf_config.asks_tables)
        return complain("tables must stay: %s relies on where they send packets to come", nf_config.name);
    if (stateful && program->traits->expiry <= 0)
        return complain("tables must stay: what %s remembers does not expire, so it could not follow", nf_config.name);
    rebalance->expiry = program->traits->expiry;
    rebalance->idle_only = rebalance->expiry > 0;
    return true;
}

/* Numbers the groups: a component's are those of its first port. */
static bool number_groups(struct rebalance *rebalance)
{
    for (unsigned port = 0; port < NF_PORTS; port++) {
        const struct port_config *own = &nf_config.ports[port], *first = &nf_config.ports[own->component];
        if (own->table_period != first->table_period)
            return complain("tables must stay: %s and %s are tied, but their tables do not repeat alike", own->name,
                            first->name);
        rebalance->first[port] = own->component == port ? rebalance->count : rebalance->first[own->component];
        rebalance->count += own->component == port ? own->table_period : 0;
    }
    return true;
}

/* Takes the cores of groups from the tables, which must agree. */
static bool read_tables(struct rebalance *rebalance)
{
    for (unsigned port = 0; port < NF_PORTS; port++)
        for (uint32_t entry = 0; entry < nf_config.ports[port].table_size; entry++) {
            struct rebalance_group *group = &rebalance->groups[group_of(rebalance, port, entry)];
            uint16_t core = rebalance->steering[port].table[entry];
            bool first = entry < nf_config.ports[port].table_period && nf_config.ports[port].component == port;
            if (!first && group->core != core)
                return complain("tables must stay: entry %u of port %s is on another core than what it is tied to",
                                entry, nf_config.ports[port].name);
            group->core = core;
        }
    return true;
}

static bool make_room(struct rebalance *rebalance)
{
    rebalance->groups = calloc(rebalance->count, sizeof *rebalance->groups);
    rebalance->given = calloc(rebalance->cores, sizeof *rebalance->given);
    rebalance->done = calloc(rebalance->cores, sizeof *rebalance->done);
    rebalance->fixed = calloc(rebalance->cores, sizeof *rebalance->fixed);
    rebalance->load = calloc(rebalance->cores, sizeof *rebalance->load);
    return (rebalance->groups && rebalance->given && rebalance->done && rebalance->fixed && rebalance->load) ||
           complain("out of memory");
}

bool rebalance_init(struct rebalance *rebalance, const struct rebalance_plan *plan)
{
    *rebalance = (struct rebalance){.steering = plan->steering, .cores = plan->cores};
    return choose_rule(rebalance, plan->program) && number_groups(rebalance) && make_room(rebalance) &&
           read_tables(rebalance);
}

void rebalance_free(struct rebalance *rebalance)
{
    free(rebalance->groups);
    free(rebalance->given);
    free(rebalance->done);
    free(rebalance->fixed);
    free(rebalance->load);
    *rebalance = (struct rebalance){0};
}

void rebalance_note(struct rebalance *rebalance, unsigned port, const struct steered *steered, uint64_t packets,
                    int64_t now)
{
    uint64_t ticket = rebalance->given[steered->core] += packets;
    if (!steered->hashed && !nf_config.ports[port].default_from_table) {
        rebalance->fixed[steered->core] += packets * WEIGHT;
        return;
    }
    struct rebalance_group *group = &rebalance->groups[group_of(rebalance, port, steered->entry)];
    group->weight += packets * WEIGHT;
    group->ticket = ticket;
    group->seen = now;
    group->begun = true;
}

static bool is_idle(const struct rebalance *rebalance, const struct rebalance_group *group, int64_t now)
{
    return !group->begun || now - group->seen > rebalance->expiry;
}

static bool may_move(const struct rebalance *rebalance, const struct rebalance_group *group, int64_t now)
{
    bool on_its_way = group->ticket > rebalance->done[group->core];
    return !on_its_way && (!rebalance->idle_only || is_idle(rebalance, group, now));
}

bool rebalance_may_move(const struct rebalance *rebalance, unsigned port, uint32_t entry, int64_t now)
{
    return may_move(rebalance, &rebalance->groups[group_of(rebalance, port, entry)], now);
}

static void write_entries(struct rebalance *rebalance, uint32_t number, uint16_t core)
{
    for (unsigned port = 0; port < NF_PORTS; port++) {
        uint32_t period = nf_config.ports[port].table_period, first = rebalance->first[port];
        if (number < first || number >= first + period)
            continue;
        for (uint32_t entry = number - first; entry < nf_config.ports[port].table_size; entry += period)
            rebalance->steering[port].table[entry] = core;
    }
}

static void move(struct rebalance *rebalance, uint32_t number, unsigned core)
{
    struct rebalance_group *group = &rebalance->groups[number];
    group->core = (uint16_t)core;
    group->ticket = 0;
    write_entries(rebalance, number, group->core);
    rebalance->moves++;
}

bool rebalance_move(struct rebalance *rebalance, unsigned port, uint32_t entry, unsigned core, int64_t now)
{
    if (core >= rebalance->cores || !rebalance_may_move(rebalance, port, entry, now))
        return false;
    move(rebalance, group_of(rebalance, port, entry), core);
    return true;
}

/* --- rounds ----------------------------------------------------------------------------------------- */

/* One round: what groups are expected to bring, and where. */
struct view {
    const struct rebalance *rebalance;
    int64_t now;
    uint64_t mean; /* weight of a group, at least 1 */
};

/* What a group will bring: what it brought. An idle one, whose flows are gone, will bring what groups do. */
static uint64_t expected(const struct view *view, const struct rebalance_group *group)
{
    bool idle = view->rebalance->idle_only && is_idle(view->rebalance, group, view->now);
    return idle ? view->mean : group->weight;
}

/* Returns the average load of a core. */
static uint64_t add_loads(struct rebalance *rebalance, const struct view *view)
{
    uint64_t sum = 0;
    memcpy(rebalance->load, rebalance->fixed, rebalance->cores * sizeof *rebalance->load);
    for (uint32_t i = 0; i < rebalance->count; i++)
        rebalance->load[rebalance->groups[i].core] += expected(view, &rebalance->groups[i]);
    for (unsigned core = 0; core < rebalance->cores; core++)
        sum += rebalance->load[core];
    return sum / rebalance->cores;
}

static unsigned least_loaded(const struct rebalance *rebalance)
{
    unsigned least = 0;
    for (unsigned core = 1; core < rebalance->cores; core++)
        if (rebalance->load[core] < rebalance->load[least])
            least = core;
    return least;
}

/* The heaviest group that leaves `from` and makes `to` no heavier than `from` was; `count` where there is none. */
static uint32_t best_group(const struct view *view, unsigned from, unsigned to)
{
    const struct rebalance *rebalance = view->rebalance;
    uint32_t best = rebalance->count;
    uint64_t best_weight = 0;
    for (uint32_t i = 0; i < rebalance->count; i++) {
        const struct rebalance_group *group = &rebalance->groups[i];
        uint64_t weight = group->core == from ? expected(view, group) : 0;
        if (weight <= best_weight || rebalance->load[to] + weight >= rebalance->load[from] ||
            !may_move(rebalance, group, view->now))
            continue;
        best = i;
        best_weight = weight;
    }
    return best;
}

/* Moves one group away from a core that has more than `limit`; of several, from the fullest that has one to give. */
static bool relieve(struct rebalance *rebalance, const struct view *view, uint64_t limit)
{
    unsigned to = least_loaded(rebalance);
    uint32_t best = rebalance->count;
    uint64_t most = limit;
    for (unsigned core = 0; core < rebalance->cores; core++) {
        if (rebalance->load[core] <= most)
            continue;
        uint32_t found = best_group(view, core, to);
        if (found == rebalance->count)
            continue;
        best = found;
        most = rebalance->load[core];
    }
    if (best == rebalance->count)
        return false;
    uint64_t weight = expected(view, &rebalance->groups[best]);
    rebalance->load[rebalance->groups[best].core] -= weight;
    rebalance->load[to] += weight;
    move(rebalance, best, to);
    return true;
}

static uint64_t mean_weight(const struct rebalance *rebalance)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < rebalance->count; i++)
        sum += rebalance->groups[i].weight;
    return sum / rebalance->count + 1;
}

static void forget_some(struct rebalance *rebalance)
{
    for (uint32_t i = 0; i < rebalance->count; i++)
        rebalance->groups[i].weight -= rebalance->groups[i].weight / FORGOTTEN;
    for (unsigned core = 0; core < rebalance->cores; core++)
        rebalance->fixed[core] -= rebalance->fixed[core] / FORGOTTEN;
}

unsigned rebalance_round(struct rebalance *rebalance, int64_t now)
{
    const struct view view = {rebalance, now, mean_weight(rebalance)};
    uint64_t average = add_loads(rebalance, &view);
    unsigned moves = 0;
    while (moves < REBALANCE_MOVES && relieve(rebalance, &view, average + average / TOLERATED))
        moves++;
    forget_some(rebalance);
    rebalance->rounds++;
    return moves;
}
