/* CRC-32 of IEEE 802.3, reflected, as zlib's: link_crc32(link_crc32(0, a), b) is that of a followed by b. */
#ifndef PROXOPS_CRC32_H
#define PROXOPS_CRC32_H

#include <stddef.h>
#include <stdint.h>

uint32_t link_crc32(uint32_t crc, const void *bytes, size_t size);

#endif
