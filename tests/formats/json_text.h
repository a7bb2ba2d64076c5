// Says messages as JSON exactly as Apache Kafka's own JsonConverters do, so that what we read from
// bytes can be held against what Kafka meant by them, field by field. The functions that name the
// fields are generated from schema/ (tools/wiregen/json_text.py), one a struct; what a value looks
// like is here. Only tests and tools have it.
#pragma once
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/ids.h"
#include "base/named.h"
#include "wire/api.h"
#include "wire/records.h"

namespace wire {

struct MessageType;

class JsonText {
 public:
  explicit JsonText(Version version) : version_(version) {}

  bool in(Version first, Version last = kNever) const {
    return first <= version_ && version_ <= last;
  }
  void begin();
  void end();
  template <class T>
  void field(std::string_view name, const T& v) {
    key(name);
    value(v);
  }
  // Of records only their size is told, under a name that says so.
  void records(std::string_view name, const std::optional<Records>& v);
  const std::string& text() const { return text_; }

 private:
  void key(std::string_view name);
  void separate();
  void number(std::int64_t v);

  template <std::integral T>
  void value(T v) {
    number(static_cast<std::int64_t>(v));
  }
  template <class T>
    requires std::is_enum_v<T>
  void value(T v) {
    number(static_cast<std::int64_t>(v));
  }
  void value(bool v);
  void value(double v);
  void value(const std::string& v);
  void value(const ByteVector& v);
  void value(const Uuid& v);
  template <class T, class Tag>
  void value(const Named<T, Tag>& v) {
    value(v.value);
  }
  template <class T>
  void value(const std::optional<T>& v) {
    if (v) {
      value(*v);
    } else {
      text_ += "null";
    }
  }
  template <class T>
  void value(const std::vector<T>& v) {
    text_ += '[';
    for (const T& element : v) {
      separate();
      value(element);
    }
    text_ += ']';
  }
  template <class T>
    requires std::is_class_v<T>
  void value(const T& v) {
    describe(*this, v);
  }

  const Version version_;
  std::string text_;
};

struct JsonType {
  std::string_view name;
  void (*describe)(JsonText& json, const void* message);
};

// A message of that type and version as one line of JSON.
std::string json_text(const MessageType& type, Version version, const void* message);

}  // namespace wire
