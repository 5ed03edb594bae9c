#ifndef RSSC_ROLES_H
#define RSSC_ROLES_H
enum { NF_LAN, NF_WAN, NF_PORTS };
#endif
