#include "check/traffic.h"

#include "check/frame.h"

#include <string.h>

#define SECOND INT64_C(1000000000)
#define START (INT64_C(1700000000) * SECOND)

enum { HOSTS = 12, RECENT = 200 };

static const uint16_t client_ports[] = {1024, 1025, 5000, 32768, 40000, 61000};
static const uint16_t server_ports[] = {53, 80, 443, 5060};

#define CHOICE(random, values) ((values)[random_below(random, sizeof(values) / sizeof *(values))])

void traffic_start(struct traffic *traffic, const struct nf_traits *traits, const struct story *story, uint64_t seed)
{
    *traffic = (struct traffic){.random = random_of(seed), .traits = traits, .story = story, .now = START};
}

/* --- time ------------------------------------------------------------------------------------------- */

static int64_t life(const struct traffic *traffic)
{
    return traffic->traits->expiry ? traffic->traits->expiry : SECOND;
}

/* About as long as flows live, where one nanosecond decides; or parts of it, so that flows live on by packets in
 * between, which another core may have seen. */
static int64_t pause_ns(struct traffic *traffic)
{
    int64_t expiry = life(traffic), half = expiry / 2;
    const int64_t pauses[] = {expiry - 1, expiry, expiry + 1, 2 * expiry + 1, half,       half + 1,
                              half,       half,   expiry / 3, expiry / 3,     expiry / 3, expiry / 10};
    return CHOICE(&traffic->random, pauses);
}

static void step_time(struct traffic *traffic)
{
    struct random *random = &traffic->random;
    if (traffic->left == 0 && random_once_in(random, 60))
        traffic->now += pause_ns(traffic);
    else if (random_once_in(random, 12))
        traffic->now += (int64_t)(((uint64_t)life(traffic) >> random_below(random, 40)) / 64);
    else if (!random_once_in(random, 3))
        traffic->now += (int64_t)random_below(random, 2000);
}

/* --- hosts ------------------------------------------------------------------------------------------ */

static struct frame_end host(unsigned port, unsigned number, unsigned version)
{
    const uint8_t of3 = (uint8_t)(number % 3), of5 = (uint8_t)(number % 5), last = (uint8_t)(number + 1);
    const uint8_t ipv4[4] = {(uint8_t)(10 + 80 * port), of3, of5, last};
    const uint8_t ipv6[16] = {0x20, 1, 0xd, 0xb8, 0, (uint8_t)port, [14] = of3, [15] = last};
    struct frame_end end = {.mac = {2, 0, 0, 0, (uint8_t)port, last}};
    memcpy(end.address, version == 4 ? ipv4 : ipv6, version == 4 ? 4 : 16);
    return end;
}

static struct frame_end any_host(struct traffic *traffic, unsigned port, unsigned version)
{
    const struct nf_traits *traits = traffic->traits;
    struct random *random = &traffic->random;
    struct frame_end end = host(port, (unsigned)random_below(random, HOSTS), version);
    if (traits->ipv4_count && version == 4 && random_once_in(random, 5))
        memcpy(end.address, traits->ipv4[random_below(random, traits->ipv4_count)], 4);
    if (traits->mac_count && random_once_in(random, 4))
        memcpy(end.mac, traits->macs[random_below(random, traits->mac_count)], 6);
    return end;
}

static unsigned another_port(struct traffic *traffic, unsigned port)
{
    return NF_PORTS == 1 ? 0 : (port + 1 + (unsigned)random_below(&traffic->random, NF_PORTS - 1)) % NF_PORTS;
}

static uint16_t a_server_port(struct traffic *traffic)
{
    const struct nf_traits *traits = traffic->traits;
    if (traits->l4_port_count && random_once_in(&traffic->random, 4))
        return traits->l4_ports[random_below(&traffic->random, traits->l4_port_count)];
    return CHOICE(&traffic->random, server_ports);
}

/* --- packets ---------------------------------------------------------------------------------------- */

static uint8_t a_protocol(struct random *random, unsigned version)
{
    static const uint8_t protocols[] = {PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_TCP, PROTO_TCP,  PROTO_TCP,
                                        PROTO_UDP, PROTO_UDP, PROTO_UDP, PROTO_UDP, PROTO_SCTP, PROTO_ICMP};
    if (random_once_in(random, 40))
        return PROTO_ESP;
    uint8_t protocol = CHOICE(random, protocols);
    return protocol == PROTO_ICMP && version == 6 ? PROTO_ICMP6 : protocol;
}

static size_t a_payload(struct random *random)
{
    if (random_once_in(random, 20))
        return random_below(random, 1401);
    return random_once_in(random, 4) ? random_below(random, 200) : 6;
}

static void vary(struct random *random, struct recipe *recipe)
{
    if (random_once_in(random, 10))
        recipe->tags = 1 + random_once_in(random, 3);
    recipe->vlan = (uint16_t)(1 + random_below(random, 3));
    if (random_once_in(random, 20))
        recipe->options = 1 + (unsigned)random_below(random, 2);
    if (random_once_in(random, 25))
        recipe->fragmented = true;
    if (random_once_in(random, 40))
        recipe->fragment = (uint16_t)(1 + random_below(random, 100));
    if (random_once_in(random, 40))
        memset(recipe->destination.mac, 0xff, 6);
    recipe->no_checksum = recipe->version == 4 && recipe->protocol == PROTO_UDP && random_once_in(random, 5);
}

/* Somebody behind `port` asks somebody behind another one. */
static struct recipe opening(struct traffic *traffic, unsigned port)
{
    struct random *random = &traffic->random;
    unsigned version = random_once_in(random, 5) ? 6 : 4;
    struct recipe recipe = {.version = (uint8_t)version,
                            .protocol = a_protocol(random, version),
                            .payload = a_payload(random),
                            .source = any_host(traffic, port, version),
                            .destination = any_host(traffic, another_port(traffic, port), version)};
    recipe.source.port = CHOICE(random, client_ports);
    recipe.destination.port = a_server_port(traffic);
    if (port != 0 && random_once_in(random, 2)) {
        uint16_t kept = recipe.source.port;
        recipe.source.port = recipe.destination.port;
        recipe.destination.port = kept;
    }
    vary(random, &recipe);
    return recipe;
}

static struct event event_of(const struct traffic *traffic, unsigned port, size_t length)
{
    return (struct event){.time = traffic->now, .port = (uint16_t)port, .length = (uint16_t)length};
}

static struct event open_flow(struct traffic *traffic, uint8_t *frame)
{
    unsigned port = random_once_in(&traffic->random, 3) ? (unsigned)random_below(&traffic->random, NF_PORTS) : 0;
    struct recipe recipe = opening(traffic, port);
    return event_of(traffic, port, frame_build(&recipe, frame));
}

static void start_burst(struct traffic *traffic)
{
    struct random *random = &traffic->random;
    traffic->left = 40 + (unsigned)random_below(random, 160);
    traffic->scan = random_once_in(random, 2);
    traffic->port = (unsigned)random_below(random, NF_PORTS);
    traffic->host = (unsigned)random_below(random, HOSTS);
    traffic->next = (unsigned)random_below(random, 60000);
}

/* One packet of many that are all of new flows. */
static struct event go_on(struct traffic *traffic, uint8_t *frame)
{
    struct random *random = &traffic->random;
    unsigned other = another_port(traffic, traffic->port);
    struct recipe recipe = {.version = 4, .protocol = traffic->next % 2 ? PROTO_TCP : PROTO_UDP, .payload = 6};
    recipe.source = host(traffic->port, traffic->scan ? traffic->host : (unsigned)random_below(random, HOSTS), 4);
    recipe.destination = host(other, traffic->scan ? traffic->host : (unsigned)random_below(random, HOSTS), 4);
    recipe.source.port = traffic->scan ? 50000 : (uint16_t)(1024 + traffic->next);
    recipe.destination.port = traffic->scan ? (uint16_t)(1 + traffic->next) : 80;
    traffic->next++;
    traffic->left--;
    return event_of(traffic, traffic->port, frame_build(&recipe, frame));
}

/* --- packets about earlier ones --------------------------------------------------------------------- */

static size_t an_event(struct traffic *traffic)
{
    size_t count = traffic->story->count;
    size_t within = random_once_in(&traffic->random, 8) || count < RECENT ? count : RECENT;
    return count - 1 - random_below(&traffic->random, within);
}

/* A reply to what the function sent, as whoever got it would write it; to what it dropped, too. */
static struct event answer(struct traffic *traffic, uint8_t *frame)
{
    size_t asked = an_event(traffic);
    const struct event *event = &traffic->story->events[asked];
    unsigned port = event->verdict >= 0 ? (unsigned)event->verdict : another_port(traffic, event->port);
    memcpy(frame, story_output(traffic->story, asked), event->length);
    frame_turn(frame, event->length);
    return event_of(traffic, port, event->length);
}

static struct event repeat(struct traffic *traffic, uint8_t *frame, bool elsewhere)
{
    size_t before = an_event(traffic);
    const struct event *event = &traffic->story->events[before];
    unsigned port = elsewhere ? another_port(traffic, event->port) : event->port;
    memcpy(frame, story_input(traffic->story, before), event->length);
    return event_of(traffic, port, event->length);
}

/* One field off: an address's last byte, a port, the protocol. */
static void disturb(struct traffic *traffic, uint8_t *frame, size_t length)
{
    struct packet packet;
    struct random *random = &traffic->random;
    packet_parse(&packet, frame, length, 0, 0);
    if (!packet.version || !packet_has_ports(packet.kind))
        return;
    uint8_t *source = frame + (packet_source(&packet) - frame);
    size_t bytes = packet_address_bytes(&packet);
    uint8_t *ports = frame + packet.l4;
    uint8_t *const places[] = {source + bytes - 1, source + 2 * bytes - 1, ports + 1, ports + 3};
    *CHOICE(random, places) ^= (uint8_t)(1 + random_below(random, 3));
}

static struct event disturbed(struct traffic *traffic, uint8_t *frame)
{
    struct event event = answer(traffic, frame);
    disturb(traffic, frame, event.length);
    return event;
}

/* Frames that end too early, say nonsense, or are no IP. */
static struct event noise(struct traffic *traffic, uint8_t *frame)
{
    struct random *random = &traffic->random;
    struct event event = open_flow(traffic, frame);
    switch (random_below(random, 4)) {
    case 0:
        event.length = (uint16_t)random_below(random, 60);
        break;
    case 1:
        memcpy(frame + 12, random_once_in(random, 2) ? "\x08\x06" : "\x88\xcc", 2);
        break;
    case 2:
        frame[random_below(random, 40)] ^= (uint8_t)(1U << random_below(random, 8));
        break;
    default:
        memcpy(frame, "\x01\x80\xc2\x00\x00\x0e", 6);
        break;
    }
    return event;
}

static struct event choose(struct traffic *traffic, uint8_t *frame)
{
    struct random *random = &traffic->random;
    if (traffic->left == 0 && random_once_in(random, 400))
        start_burst(traffic);
    if (traffic->left && !random_once_in(random, 3))
        return go_on(traffic, frame);
    uint64_t what = random_below(random, 100);
    if (traffic->story->count == 0 || what < 30)
        return open_flow(traffic, frame);
    if (what < 72)
        return answer(traffic, frame);
    if (what < 82)
        return disturbed(traffic, frame);
    if (what < 96)
        return repeat(traffic, frame, what >= 92);
    return noise(traffic, frame);
}

/* Where bytes are measured, few packets say that they have as many as matter; no link would carry enough real ones. */
static uint32_t a_size(struct traffic *traffic, uint16_t length)
{
    struct random *random = &traffic->random;
    uint64_t most = traffic->traits->volume < UINT32_MAX ? traffic->traits->volume : UINT32_MAX;
    if (most < 8 || !random_once_in(random, 5))
        return length;
    uint64_t size = length + random_below(random, most) / (1 + random_below(random, 8));
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

struct event traffic_next(struct traffic *traffic, uint8_t *frame)
{
    step_time(traffic);
    struct event event = choose(traffic, frame);
    event.size = a_size(traffic, event.length);
    return event;
}
