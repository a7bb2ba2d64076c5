// CRC32C (Castagnoli), the checksum of Kafka's record batches: the plain standard one, so that
// crc32c("123456789") is 0xE3069283.
#pragma once
#include <cstdint>

#include "base/bytes.h"

// To go on over bytes that follow others, give the checksum so far as `seed`.
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed = 0);
