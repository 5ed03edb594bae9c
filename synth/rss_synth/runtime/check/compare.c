#include "check/compare.h"

#include "check/frame.h"
#include "packet/bytes.h"

#include <string.h>

enum { NO_CHECKSUM = 0 };

bool compare_has_names(const struct nf_traits *traits)
{
    bool any = false;
    for (unsigned port = 0; port < NF_PORTS; port++)
        any |= traits->names_source_port[port];
    return any;
}

/* Where the transport checksum is; NO_CHECKSUM where there is none, or UDP leaves it out. */
static size_t checksum_at(const struct packet *packet)
{
    size_t at = packet->l4 + (size_t)(packet->protocol == PROTO_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
    bool tcp = packet->kind == PACKET_IPV4_TCP || packet->kind == PACKET_IPV6_TCP;
    bool udp = packet->kind == PACKET_IPV4_UDP || packet->kind == PACKET_IPV6_UDP;
    if (!(tcp || udp) || at + 2 > packet->length)
        return NO_CHECKSUM;
    return udp && bytes_get16(packet->data + at) == 0 ? NO_CHECKSUM : at;
}

/* Where one is that the function keeps right. */
static size_t right_checksum_at(const struct nf_traits *traits, const struct packet *packet)
{
    return traits->leaves_checksums ? (size_t)NO_CHECKSUM : checksum_at(packet);
}

static void remote_of(struct names_scope *scope, const struct nf_traits *traits, const struct packet *packet,
                      const uint8_t *address, const uint8_t *l4_port)
{
    uint8_t protocol = traits->names_any_protocol ? 0 : packet->protocol;
    *scope = (struct names_scope){.protocol = protocol, .version = packet->version, .port = (uint8_t)packet->port};
    memcpy(scope->remote, address, packet_address_bytes(packet));
    memcpy(scope->remote_port, l4_port, 2);
}

/* Changes a 16-bit field and, at `sum_at`, the checksum over it (RFC 1624, equation 3). */
static void change16(struct packet *packet, size_t at, uint16_t value, size_t sum_at)
{
    uint8_t *bytes = packet->data;
    if (sum_at != NO_CHECKSUM) {
        uint32_t sum = (uint16_t)~bytes_get16(bytes + sum_at) + (uint32_t)(uint16_t)~bytes_get16(bytes + at) + value;
        uint16_t check = (uint16_t)~frame_fold(sum);
        bytes_put16(bytes + sum_at, check == 0 && packet->protocol == PROTO_UDP ? 0xffff : check);
    }
    bytes_put16(bytes + at, value);
}

void compare_translate(const struct names *names, const struct nf_traits *traits, const struct story *story,
                       size_t number, uint8_t *frame)
{
    const struct event *event = &story->events[number];
    memcpy(frame, story_input(story, number), event->length);
    if (!traits->names_source_port[event->port])
        return;
    struct packet packet;
    struct names_scope scope;
    packet_parse(&packet, frame, event->length, event->port, event->time);
    if (!packet_has_ports(packet.kind))
        return;
    remote_of(&scope, traits, &packet, packet_source(&packet), frame + packet.l4);
    uint16_t name = bytes_get16(frame + packet.l4 + 2), partner = names_partner(names, &scope, name);
    if (partner != name)
        change16(&packet, packet.l4 + 2U, partner, right_checksum_at(traits, &packet));
}

/* The sum that a right checksum brings to 0: the same before and after a translation that keeps it right. */
static uint16_t residue(const struct packet *packet)
{
    uint32_t sum = frame_sum(packet_source(packet), 2 * packet_address_bytes(packet), 0);
    sum = frame_sum(packet->data + packet->l4, (size_t)(packet->length - packet->l4), sum);
    uint16_t folded = frame_fold(sum);
    return folded == 0xffff ? 0 : folded;
}

static struct names_owner owner_of(const struct packet *input)
{
    struct names_owner owner = {.port = (uint8_t)input->port};
    memcpy(owner.address, packet_source(input), packet_address_bytes(input));
    memcpy(owner.l4_port, input->data + input->l4, 2);
    return owner;
}

/* Both outputs, and what they are outputs of. */
struct pair {
    struct packet input, sent[NAMES_RUNS];
};

static enum difference compare_names(struct names *names, const struct nf_traits *traits, const struct pair *pair)
{
    const struct packet *first = &pair->sent[NAMES_FIRST];
    struct names_scope scope;
    remote_of(&scope, traits, first, packet_destination(first), first->data + first->l4 + 2);
    struct names_owner owner = owner_of(&pair->input);
    uint16_t name[NAMES_RUNS];
    for (unsigned run = 0; run < NAMES_RUNS; run++)
        name[run] = bytes_get16(pair->sent[run].data + pair->sent[run].l4);
    switch (names_pair(names, &scope, &owner, name, pair->input.time)) {
    case NAMES_FINE:
        return SAME;
    case NAMES_TAKEN:
        return DIFFERENT_NAMES;
    case NAMES_NO_MEMORY:
        break;
    }
    return OUT_OF_MEMORY;
}

/* Copies without the places that may differ: `hidden` of two bytes each. */
static bool same_but(const uint8_t *left, const uint8_t *right, size_t length, const size_t hidden[2])
{
    for (size_t i = 0; i < length; i++) {
        bool shown = !(hidden[0] && i - hidden[0] < 2) && !(hidden[1] && i - hidden[1] < 2);
        if (shown && left[i] != right[i])
            return false;
    }
    return true;
}

static enum difference compare_named(struct names *names, const struct nf_traits *traits, const struct pair *pair,
                                     size_t length)
{
    const struct packet *first = &pair->sent[NAMES_FIRST], *second = &pair->sent[NAMES_SECOND];
    bool named = traits->names_source_port[first->port];
    const size_t sum_at = right_checksum_at(traits, first);
    if (sum_at != right_checksum_at(traits, second))
        return DIFFERENT_CHECKSUM;
    const size_t hidden[2] = {sum_at, named ? first->l4 : 0};
    if (!same_but(first->data, second->data, length, hidden))
        return DIFFERENT_BYTES;
    if (sum_at != NO_CHECKSUM && residue(first) != residue(second))
        return DIFFERENT_CHECKSUM;
    return named ? compare_names(names, traits, pair) : SAME;
}

enum difference compare_outcomes(struct names *names, const struct nf_traits *traits, const struct story *story,
                                 size_t number, struct outcome second)
{
    const struct event *event = &story->events[number];
    uint8_t *first = story_output(story, number);
    if (event->verdict != second.verdict)
        return DIFFERENT_VERDICT;
    if (event->verdict == NF_DROP || memcmp(first, second.bytes, event->length) == 0) {
        if (event->verdict < 0 || !traits->names_source_port[event->verdict])
            return SAME;
    } else if (event->verdict < 0 || !compare_has_names(traits)) {
        return DIFFERENT_BYTES;
    }
    struct pair pair;
    unsigned port = (unsigned)event->verdict;
    packet_parse(&pair.input, story_input(story, number), event->length, event->port, event->time);
    packet_parse(&pair.sent[NAMES_FIRST], first, event->length, port, event->time);
    packet_parse(&pair.sent[NAMES_SECOND], (uint8_t *)(uintptr_t)second.bytes, event->length, port, event->time);
    if (!packet_has_ports(pair.sent[NAMES_FIRST].kind) || pair.sent[NAMES_FIRST].kind != pair.sent[NAMES_SECOND].kind)
        return memcmp(first, second.bytes, event->length) == 0 ? SAME : DIFFERENT_BYTES;
    return compare_named(names, traits, &pair, event->length);
}
