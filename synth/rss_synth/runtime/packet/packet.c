#include "packet/packet.h"

#include "packet/bytes.h"
#include "packet/wire.h"

/* The classes of one IP version, so that both are told apart by the same code. */
struct ip_classes {
    enum packet_class tcp, udp, sctp, esp, frag, other;
};

static const struct ip_classes ipv4_classes = {PACKET_IPV4_TCP, PACKET_IPV4_UDP,  PACKET_IPV4_SCTP,
                                               PACKET_IPV4_ESP, PACKET_IPV4_FRAG, PACKET_IPV4_OTHER};
static const struct ip_classes ipv6_classes = {PACKET_IPV6_TCP, PACKET_IPV6_UDP,  PACKET_IPV6_SCTP,
                                               PACKET_IPV6_ESP, PACKET_IPV6_FRAG, PACKET_IPV6_OTHER};

static bool has(const struct packet *packet, size_t at, size_t bytes)
{
    return at + bytes <= packet->length;
}

/* Ethernet pads short frames: what lies behind the datagram is not part of it. A length of 0 is what
 * segmentation offload leaves in captures. */
static void trim(struct packet *packet, size_t end, bool known)
{
    if (known && end < packet->length)
        packet->length = (uint16_t)end;
}

static enum packet_class transport(const struct packet *packet, const struct ip_classes *classes)
{
    switch (packet->protocol) {
    case PROTO_TCP:
        return has(packet, packet->l4, 4) ? classes->tcp : classes->other;
    case PROTO_UDP:
        return has(packet, packet->l4, 4) ? classes->udp : classes->other;
    case PROTO_SCTP:
        return has(packet, packet->l4, 8) ? classes->sctp : classes->other;
    case PROTO_ESP:
        return has(packet, packet->l4, 4) ? classes->esp : classes->other;
    default:
        return classes->other;
    }
}

static enum packet_class parse_ipv4(struct packet *packet)
{
    const uint8_t *header = packet->data + packet->l3;
    if (!has(packet, packet->l3, IPV4_BYTES) || header[0] >> 4 != 4)
        return PACKET_L2;
    unsigned header_bytes = (header[0] & 15U) * 4;
    unsigned total = bytes_get16(header + 2);
    if (header_bytes < IPV4_BYTES || (total != 0 && total < header_bytes))
        return PACKET_L2;
    trim(packet, packet->l3 + total, total != 0);
    packet->version = 4;
    packet->protocol = header[9];
    packet->l4 = (uint16_t)(packet->l3 + header_bytes);
    if (bytes_get16(header + 6) & IPV4_FRAGMENT_BITS)
        return ipv4_classes.frag;
    return transport(packet, &ipv4_classes);
}

/* Steps over extension headers, up to and including a fragment header. False where there is none such; an
 * extension header that can't be read stays the protocol. */
static bool skip_to_fragment(struct packet *packet)
{
    for (int i = 0; i < MAX_EXTENSIONS && has(packet, packet->l4, 8); i++) {
        const uint8_t *header = packet->data + packet->l4;
        uint8_t protocol = packet->protocol;
        unsigned bytes = wire_extension_bytes(protocol, header);
        if (bytes == 0)
            return false;
        packet->l4 = (uint16_t)(packet->l4 + bytes);
        packet->protocol = header[0];
        if (protocol == PROTO_FRAGMENT)
            return true;
    }
    return false;
}

static enum packet_class parse_ipv6(struct packet *packet)
{
    const uint8_t *header = packet->data + packet->l3;
    if (!has(packet, packet->l3, IPV6_BYTES) || header[0] >> 4 != 6)
        return PACKET_L2;
    unsigned payload = bytes_get16(header + 4);
    trim(packet, (size_t)packet->l3 + IPV6_BYTES + payload, payload != 0);
    packet->version = 6;
    packet->protocol = header[6];
    packet->l4 = (uint16_t)(packet->l3 + IPV6_BYTES);
    return skip_to_fragment(packet) ? ipv6_classes.frag : transport(packet, &ipv6_classes);
}

/* Where the EtherType behind the VLAN tags is; that of the last tag that can be read where they don't end. */
static size_t skip_tags(const struct packet *packet)
{
    size_t at = ETHER_TYPE_AT;
    for (int i = 0; i < MAX_TAGS && has(packet, at, 6); i++, at += 4) {
        uint16_t type = bytes_get16(packet->data + at);
        if (type != ETHER_VLAN && type != ETHER_QINQ)
            break;
    }
    return at;
}

static enum packet_class parse_ethernet(struct packet *packet)
{
    if (!has(packet, 0, ETHER_BYTES))
        return PACKET_L2;
    size_t at = skip_tags(packet);
    uint16_t type = bytes_get16(packet->data + at);
    packet->ether_type = (uint16_t)at;
    packet->l3 = (uint16_t)(at + 2);
    if (type == ETHER_IPV4)
        return parse_ipv4(packet);
    return type == ETHER_IPV6 ? parse_ipv6(packet) : PACKET_L2;
}

void packet_parse_any(struct packet *packet, uint8_t *data, size_t length, unsigned port, int64_t time)
{
    size_t readable = length < PACKET_PARSE_LIMIT ? length : PACKET_PARSE_LIMIT;
    *packet = (struct packet){.data = data,
                              .time = time,
                              .port = (uint16_t)port,
                              .length = (uint16_t)readable,
                              .size = (uint32_t)length};
    packet->kind = parse_ethernet(packet);
}

const char *packet_class_name(enum packet_class kind)
{
    static const char *const names[PACKET_CLASSES] = {
        [PACKET_L2] = "l2",
        [PACKET_IPV4_TCP] = "ipv4-tcp",   [PACKET_IPV4_UDP] = "ipv4-udp",   [PACKET_IPV4_SCTP] = "ipv4-sctp",
        [PACKET_IPV4_ESP] = "ipv4-esp",   [PACKET_IPV4_FRAG] = "ipv4-frag", [PACKET_IPV4_OTHER] = "ipv4-other",
        [PACKET_IPV6_TCP] = "ipv6-tcp",   [PACKET_IPV6_UDP] = "ipv6-udp",   [PACKET_IPV6_SCTP] = "ipv6-sctp",
        [PACKET_IPV6_ESP] = "ipv6-esp",   [PACKET_IPV6_FRAG] = "ipv6-frag", [PACKET_IPV6_OTHER] = "ipv6-other",
    };
    return names[kind];
}
