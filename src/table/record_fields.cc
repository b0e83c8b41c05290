#include "archmlp/table/record_fields.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "archmlp/base/rng.h"
#include "archmlp/base/text.h"
#include "archmlp/table/json_syntax.h"

namespace archmlp::table {
namespace {

std::uint64_t word(std::string_view bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  return word;
}

std::uint64_t hash_of(std::string_view name) noexcept {
  std::uint64_t hash = name.size();
  for (; name.size() > 8; name.remove_prefix(8)) hash = base::mix64(hash ^ word(name.substr(0, 8)));
  return base::mix64(hash ^ word(name));
}

}  // namespace

RecordFields::RecordFields(const contract::Schema& schema, const std::vector<std::string>& ignored)
    : schema_(schema), names_(schema.names()) {
  for (const std::string& name : ignored) {
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
  }
  std::size_t size = 8;
  while (size < 2 * names_.size()) size *= 2;
  slots_.assign(size, kNone);
  for (std::size_t i = 0; i < names_.size(); ++i) {
    std::size_t slot = hash_of(names_[i]) & (size - 1);
    while (slots_[slot] != kNone) slot = (slot + 1) & (size - 1);
    slots_[slot] = i;
  }
  ignored_.resize(names_.size());
  for (const std::string& name : ignored) ignored_[find_anywhere(name)] = 1;
  required_count_ = static_cast<std::size_t>(std::count(ignored_.begin(), ignored_.end(), 0));
}

std::size_t RecordFields::find_anywhere(std::string_view name) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = hash_of(name) & mask; slots_[slot] != kNone; slot = (slot + 1) & mask) {
    if (names_[slots_[slot]] == name) return slots_[slot];
  }
  return kNone;
}

base::Error missing_fields(const RecordFields& fields, const FieldMarks& marks, std::string_view noun) {
  std::string names;
  std::string_view first;
  constexpr std::size_t kShown = 10;
  std::size_t count = 0;
  for (std::size_t i = 0; i < fields.names().size(); ++i) {
    if (fields.is_ignored(i) || marks.is_marked(i)) continue;
    if (count == 0) first = fields.names()[i];
    if (count < kShown) names += (count == 0 ? "" : ", ") + base::quoted(fields.names()[i]);
    ++count;
  }
  assert(count > 0);
  if (count > kShown) names += ", … (" + std::to_string(count) + " in all)";
  const std::string thing(noun);
  return {.message = "missing " + thing + (count == 1 ? " " : "s ") + names,
          .where = where_name(first),
          .hint = "send every " + thing + " of the record; null where a value is missing"};
}

base::Error unknown_field(const RecordFields& fields, std::string_view name, std::string_view noun) {
  return {.message = "unknown " + std::string(noun) + " " + base::quoted(name),
          .where = where_name(name),
          .hint = base::suggest_names(name, fields.names())};
}

base::Error repeated_field(std::string_view name, std::string_view noun) {
  return {.message = "the " + std::string(noun) + " " + base::quoted(name) + " is there twice",
          .where = where_name(name)};
}

}  // namespace archmlp::table
