/* libVig's vocabulary: a network function that was written for Vigor includes this instead of libVig's headers and
 * DPDK's, and ends with `#include "libvig/entry.h"`. docs/libvig.md says what else it needs. */
#ifndef RSSC_LIBVIG_H
#define RSSC_LIBVIG_H

#include "libvig/arena.h"
#include "libvig/chain.h"
#include "libvig/cht.h"
#include "libvig/double_map.h"
#include "libvig/expirator.h"
#include "libvig/headers.h"
#include "libvig/here.h"
#include "libvig/lpm.h"
#include "libvig/map.h"
#include "libvig/packet_io.h"
#include "libvig/sketch.h"
#include "libvig/vector.h"

/* What Vigor calls the verdict for all other devices. Dropped is what goes back to the device it came from. */
#ifndef FLOOD_FRAME
#define FLOOD_FRAME UINT16_MAX
#endif

/* Both sides have these names; the function's own are renamed, up to libvig/entry.h. */
#define nf_process libvig_process
#define nf_config libvig_config

#endif
