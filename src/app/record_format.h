// How `consume` prints a record: a template with %-words, or JSON.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "app/encoding.h"
#include "base/result.h"
#include "client/record.h"

namespace app {

class RecordFormat {
 public:
  // %k key, %v value, %o offset, %p partition, %t topic, %T timestamp (ms), %I timestamp (ISO
  // 8601), %h headers (a=1,b=2), %S size of the value, %% a percent sign; \n, \t, \xHH as in C. A
  // line end follows, unless the template has one of its own at its end.
  static Result<RecordFormat> parse(std::string_view text, Encoding encoding, std::string null_as);

  // One object per line. Keys and values that are not UTF-8 go by as "key_base64", "value_base64".
  static RecordFormat json();

  void print(const client::RecordView& record, std::string& out) const;

 private:
  enum class Field { Key, Value, Offset, Partition, Topic, Millis, Iso, Headers, Size };
  using Piece = std::variant<std::string, Field>;

  void print(Field field, const client::RecordView& record, std::string& out) const;
  std::string shown(const std::optional<Bytes>& bytes) const;

  bool json_ = false;
  std::vector<Piece> pieces_;
  Encoding encoding_ = Encoding::Text;
  std::string null_as_;
};

}  // namespace app
