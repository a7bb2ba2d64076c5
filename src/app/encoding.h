// Bytes as text that can be printed, copied and read back.
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace app {

enum class Encoding { Text, Hex, Base64 };  // Text: the bytes as they are.

std::string encode(Bytes bytes, Encoding encoding);
std::string to_hex(Bytes bytes);
std::string to_base64(Bytes bytes);

bool is_utf8(std::string_view text);

// Replaces \n, \t, \r, \0, \\ and \xHH. What follows another backslash stays as it is.
std::string unescape(std::string_view text);

}  // namespace app
