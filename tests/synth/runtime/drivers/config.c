/* Two ports: all that the runtime asks of a spec. */
#include "nf/config.h"

const struct nf_config nf_config = {
    .name = "test",
    .capacity = 8,
    .ports = {{.name = "LAN", .device = 0}, {.name = "WAN", .device = 1}},
};
