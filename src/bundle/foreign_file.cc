#include "archmlp/bundle/foreign_file.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "archmlp/base/text.h"

namespace archmlp::bundle {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::string_view prefix;
  std::string_view name;
};

constexpr std::array kSignatures = {
    Signature{"PK\x03\x04"sv, "a ZIP archive, as PyTorch, Keras and NumPy's .npz write"},
    Signature{"PK\x05\x06"sv, "an empty ZIP archive"},
    Signature{"\x1f\x8b"sv, "a gzip file"},
    Signature{"\x28\xb5\x2f\xfd"sv, "a Zstandard file"},
    Signature{"\xfd"
              "7zXZ\0"sv,
              "an xz file"},
    Signature{"BZh"sv, "a bzip2 file"},
    Signature{"\x78\x01"sv, "zlib-compressed data, as joblib writes"},
    Signature{"\x78\x9c"sv, "zlib-compressed data, as joblib writes"},
    Signature{"\x78\xda"sv, "zlib-compressed data, as joblib writes"},
    Signature{"\x7f"
              "ELF"sv,
              "an ELF program or library"},
    Signature{"\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras writes"},
    Signature{"\x89PNG"sv, "a PNG image"},
    Signature{"\x93NUMPY"sv, "a NumPy .npy file"},
    Signature{"PAR1"sv, "a Parquet file"},
    Signature{"ARROW1"sv, "an Arrow file"},
    Signature{"SQLite format 3"sv, "a SQLite database"},
    Signature{"%PDF"sv, "a PDF document"},
    Signature{"ccopy_reg\n"sv, "a Python pickle"},
    Signature{"csklearn."sv, "a Python pickle"},
    Signature{"(dp"sv, "a Python pickle"},
    Signature{"tree\nversion="sv, "a LightGBM text model"},
    Signature{"svm_type "sv, "a LIBSVM model"},
    Signature{"binf"sv, "an XGBoost binary model"},
    Signature{"{L\0\0\0"sv, "an XGBoost UBJSON model"},
    Signature{"<?xml"sv, "an XML file, such as PMML"},
    Signature{"<!DOCTYPE html"sv, "an HTML page"},
    Signature{"<html"sv, "an HTML page"},
};

/// A pickle of protocol 2 to 5 starts with its PROTO opcode.
bool is_pickle(std::string_view head) noexcept {
  return head.size() >= 3 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5;
}

/// ModelProto starts with ir_version (field 1, a small varint), then a producer, domain, graph or opset
/// field.
bool is_onnx(std::string_view head) noexcept {
  constexpr std::string_view kNextTags = "\x12\x1a\x22\x28\x32\x3a\x42";
  return head.size() >= 4 && head[0] == '\x08' && head[1] > 0 && head[1] < 32 &&
         kNextTags.find(head[2]) != std::string_view::npos;
}

bool is_text(std::string_view head, bool is_all) noexcept {
  const auto is_binary = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') || c == '\x7f';
  };
  if (std::any_of(head.begin(), head.end(), is_binary)) return false;
  const auto invalid = base::find_invalid_utf8(head);
  return !invalid || (!is_all && *invalid + 4 > head.size());  // a character that the cut splits is no fault
}

}  // namespace

std::string_view recognise_foreign_file(std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t kLookedAt = 4096;
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), std::min(bytes.size(), kLookedAt));
  if (head.empty()) return "an empty file";
  if (is_pickle(head)) return "a Python pickle, as scikit-learn and joblib write";
  for (const Signature& signature : kSignatures) {
    if (head.starts_with(signature.prefix)) return signature.name;
  }
  if (head.size() >= 8 && head.substr(4, 4) == "TFL3") return "a TensorFlow Lite model";
  if (is_onnx(head)) return "an ONNX model";
  if (!is_text(head, head.size() == bytes.size())) return {};
  const std::size_t first = head.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && (head[first] == '{' || head[first] == '[')) return "a JSON file";
  const std::string_view first_line = head.substr(0, head.find('\n'));
  return first_line.find_first_of(",;\t|") != std::string_view::npos ? "a CSV file" : "a text file";
}

}  // namespace archmlp::bundle
