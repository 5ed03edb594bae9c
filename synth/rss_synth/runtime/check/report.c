#include "check/report.h"

#include "packet/bytes.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SHOWN_BYTES = 96 };

void report_heading(const struct trial *trial)
{
    printf("%s, %u core%s, %s: ", strategy_name(trial->strategy), trial->cores, trial->cores == 1 ? "" : "s",
           trial->size->name);
}

static void print_verdict(int verdict)
{
    if (verdict >= 0)
        printf("forward %s", nf_config.ports[verdict].name);
    else
        fputs(verdict == NF_FLOOD ? "flood" : "drop", stdout);
}

static void print_bytes(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length && i < SHOWN_BYTES; i++)
        printf("%02x", bytes[i]);
    puts(length > SHOWN_BYTES ? "…" : "");
}

static void print_ends(const struct packet *packet)
{
    char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
    int family = packet->version == 4 ? AF_INET : AF_INET6;
    if (!packet->version)
        return;
    inet_ntop(family, packet_source(packet), source, sizeof source);
    inet_ntop(family, packet_destination(packet), destination, sizeof destination);
    const uint8_t *ports = packet->data + packet->l4;
    if (packet_has_ports(packet->kind))
        printf(" %s port %d > %s port %d", source, bytes_get16(ports), destination, bytes_get16(ports + 2));
    else
        printf(" %s > %s", source, destination);
}

static struct packet packet_of(const struct story *story, size_t number)
{
    struct packet packet;
    const struct event *event = &story->events[number];
    packet_parse(&packet, story_input(story, number), event->length, event->port, event->time);
    return packet;
}

static void print_summary(const struct story *story, size_t number, const struct steered *steered)
{
    struct packet packet = packet_of(story, number);
    printf("packet %zu on %s, core %u, %s", number + 1, nf_config.ports[packet.port].name, steered[number].core,
           packet_class_name(packet.kind));
    if (steered[number].hashed)
        printf(" hash %08" PRIx32 " entry %" PRIu32, steered[number].hash, steered[number].entry);
    else
        fputs(" unhashed", stdout);
    print_ends(&packet);
}

static void print_packet(const struct story *story, size_t number, const struct steered *steered)
{
    fputs("    ", stdout);
    print_summary(story, number, steered);
    fputs("\n      ", stdout);
    print_bytes(story_input(story, number), story->events[number].length);
}

/* How much two packets have to do with one another: 3 where all ends are the same, either way round. */
static unsigned relation(const struct packet *left, const struct packet *right)
{
    if (!left->version || left->version != right->version)
        return left->ether_type && right->ether_type && memcmp(left->data + 6, right->data, 6) == 0;
    size_t bytes = packet_address_bytes(left);
    const uint8_t *a = packet_source(left), *b = packet_destination(left);
    const uint8_t *c = packet_source(right), *d = packet_destination(right);
    bool same = memcmp(a, c, bytes) == 0, parallel = memcmp(b, d, bytes) == 0;
    bool turned = memcmp(a, d, bytes) == 0 && memcmp(b, c, bytes) == 0;
    if (!(same && parallel) && !turned)
        return same || parallel || memcmp(a, d, bytes) == 0 || memcmp(b, c, bytes) == 0;
    if (!packet_has_ports(left->kind) || left->kind != right->kind)
        return 2;
    const uint8_t *p = left->data + left->l4, *q = right->data + right->l4;
    bool ports = turned ? memcmp(p, q + 2, 2) == 0 && memcmp(p + 2, q, 2) == 0 : memcmp(p, q, 4) == 0;
    return ports ? 3 : 2;
}

/* The packet of another core that this one should most likely have met: of equals one that was not dropped. */
static size_t partner(const struct story *story, const struct steered *steered, size_t number)
{
    struct packet packet = packet_of(story, number);
    size_t best = story->count;
    unsigned close = 0;
    for (size_t i = number; i-- > 0;) {
        struct packet other = packet_of(story, i);
        unsigned relates = steered[i].core == steered[number].core ? 0 : 2 * relation(&packet, &other);
        if (relates && relates + (story->events[i].verdict != NF_DROP) > close) {
            close = relates + (story->events[i].verdict != NF_DROP);
            best = i;
        }
    }
    return best;
}

static const char *const kinds[] = {
    [DIFFERENT_VERDICT] = "verdicts differ",
    [DIFFERENT_BYTES] = "outputs differ",
    [DIFFERENT_CHECKSUM] = "one output's checksum is right, the other's is not",
    [DIFFERENT_NAMES] = "a name was given that another flow has",
};

static void print_verdicts(int one_core, int here)
{
    fputs("one core: ", stdout);
    print_verdict(one_core);
    fputs(", here: ", stdout);
    print_verdict(here);
    putchar('\n');
}

static void print_difference(const struct story *story, size_t number, enum difference difference,
                             const struct outcome *second)
{
    const struct event *event = &story->events[number];
    printf("%s\n    ", kinds[difference]);
    print_verdicts(event->verdict, second->verdict);
    if (difference == DIFFERENT_VERDICT)
        return;
    fputs("    one core sends ", stdout);
    print_bytes(story_output(story, number), event->length);
    fputs("    here           ", stdout);
    print_bytes(second->bytes, event->length);
}

void report_difference(const struct trial *trial, const struct steered *steered, size_t event,
                       enum difference difference, const struct outcome *second)
{
    report_heading(trial);
    print_difference(trial->story, event, difference, second);
    print_packet(trial->story, event, steered);
    size_t other = partner(trial->story, steered, event);
    if (other < trial->story->count) {
        puts("    may have to do with what was elsewhere:");
        print_packet(trial->story, other, steered);
    }
}

void report_excused(const struct trial *trial, const struct steered *steered, const struct excused *excused)
{
    const struct story *story = trial->story;
    const struct refusal *refusal = &excused->refusal;
    fputs("    the first: ", stdout);
    print_summary(story, excused->event, steered);
    printf("\n      %s; ", kinds[excused->difference]);
    print_verdicts(story->events[excused->event].verdict, excused->verdict);
    fputs("      refused ", stdout);
    fputs(refusal->here ? "here: " : "on one core: ", stdout);
    print_summary(story, refusal->event, steered);
    putchar('\n');
}
