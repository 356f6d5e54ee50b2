// SPDX-License-Identifier: GPL-3.0-or-later
// Opcodes: CPython's Lib/pickletools.py describes each; these are the ones that protocols 2 to 5
// write for dicts, lists, tuples, sets, texts, numbers and reduced objects.
#include "core/tensorfile/pickle_machine.h"

#include "core/base/error.h"
#include "core/tensorfile/torch_globals.h"

#include <fmt/format.h>

#include <bit>
#include <optional>
#include <unordered_map>
#include <utility>

namespace featurescope {

namespace {

using namespace pickle;

enum class Opcode : std::uint8_t {
  Mark = '(',
  Stop = '.',
  Pop = '0',
  PopMark = '1',
  Dup = '2',
  BinFloat = 'G',
  BinInt = 'J',
  BinInt1 = 'K',
  BinInt2 = 'M',
  None = 'N',
  BinPersId = 'Q',
  Reduce = 'R',
  BinString = 'T',
  ShortBinString = 'U',
  BinUnicode = 'X',
  BinBytes = 'B',
  ShortBinBytes = 'C',
  EmptyList = ']',
  Append = 'a',
  Build = 'b',
  Global = 'c',
  Dict = 'd',
  Appends = 'e',
  BinGet = 'h',
  LongBinGet = 'j',
  List = 'l',
  BinPut = 'q',
  LongBinPut = 'r',
  SetItem = 's',
  Tuple = 't',
  SetItems = 'u',
  EmptyDict = '}',
  EmptyTuple = ')',
  Proto = 0x80,
  NewObj = 0x81,
  Tuple1 = 0x85,
  Tuple2 = 0x86,
  Tuple3 = 0x87,
  NewTrue = 0x88,
  NewFalse = 0x89,
  Long1 = 0x8a,
  Long4 = 0x8b,
  ShortBinUnicode = 0x8c,
  BinUnicode8 = 0x8d,
  BinBytes8 = 0x8e,
  EmptySet = 0x8f,
  AddItems = 0x90,
  FrozenSet = 0x91,
  StackGlobal = 0x93,
  Memoize = 0x94,
  Frame = 0x95,
  ByteArray8 = 0x96,
};

class Machine {
 public:
  Machine(std::span<const std::byte> bytes, const std::string& what)
      : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()), what_(what) {}

  Unpickled run() {
    while (true) {
      const auto opcode = static_cast<Opcode>(number<std::uint8_t>());
      if (opcode == Opcode::Stop) break;
      if (!pushScalar(opcode) && !changeContainer(opcode) && !useMemo(opcode)) object(opcode);
      if (heap_.values.size() > Heap::kMostValues || memo_.size() > Heap::kMostValues) {
        fail("it holds more values than a state dict would");
      }
    }
    const Ref root = pop();
    return {std::move(heap_), root};
  }

 private:
  [[noreturn]] void fail(std::string_view why) const {
    throw UserError(ErrorCode::BadFile, what_, fmt::format("its pickle is broken: {}", why),
                    "download it again");
  }

  // Reading.

  std::string_view take(std::uint64_t size) {
    if (size > text_.size()) fail("it ends too early");
    const std::string_view taken = text_.substr(0, size);
    text_.remove_prefix(size);
    return taken;
  }

  /// A little-endian number.
  template <class T>
  T number() {
    std::uint64_t value = 0;
    const std::string_view bytes = take(sizeof(T));
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      value |= std::uint64_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
    }
    return static_cast<T>(value);
  }

  double bigEndianDouble() {
    std::uint64_t bits = 0;
    for (const char byte : take(sizeof(double))) bits = bits << 8 | static_cast<std::uint8_t>(byte);
    return std::bit_cast<double>(bits);
  }

  /// Two's complement of any length; of more than 8 bytes only that it was there.
  Value longInteger(std::uint64_t size) {
    const std::string_view bytes = take(size);
    if (size > sizeof(std::int64_t)) return Opaque{};
    std::uint64_t value = size > 0 && (bytes.back() & 0x80) != 0 ? ~std::uint64_t{0} : 0;
    for (std::size_t i = size; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return static_cast<std::int64_t>(value);
  }

  std::string_view line() {
    const auto end = text_.find('\n');
    if (end == std::string_view::npos) fail("it ends too early");
    const std::string_view taken = take(end);
    take(1);
    return taken;
  }

  // The stack.

  void push(Value value) { stack_.push_back(heap_.add(std::move(value))); }

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }

  Ref top() const {
    if (stack_.size() <= floor()) fail("its stack is empty");
    return stack_.back();
  }

  Ref pop() {
    const Ref ref = top();
    stack_.pop_back();
    return ref;
  }

  std::vector<Ref> popLast(std::size_t count) {
    if (stack_.size() - floor() < count) fail("its stack is empty");
    const auto first = stack_.end() - static_cast<std::ptrdiff_t>(count);
    std::vector<Ref> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    return items;
  }

  std::vector<Ref> popToMark() {
    if (marks_.empty()) fail("a mark is missing");
    std::vector<Ref> items = popLast(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }

  template <class T>
  T& topAs(std::string_view kind) {
    T* value = heap_.get<T>(top());
    if (value == nullptr) fail(fmt::format("{} is expected", kind));
    return *value;
  }

  // The opcodes, by group; each group says whether the opcode was one of its own.

  bool pushScalar(Opcode opcode) {
    switch (opcode) {
      case Opcode::None:
        push(pickle::None{});
        return true;
      case Opcode::NewTrue:
        push(true);
        return true;
      case Opcode::NewFalse:
        push(false);
        return true;
      case Opcode::BinInt:
        push(std::int64_t{number<std::int32_t>()});
        return true;
      case Opcode::BinInt1:
        push(std::int64_t{number<std::uint8_t>()});
        return true;
      case Opcode::BinInt2:
        push(std::int64_t{number<std::uint16_t>()});
        return true;
      case Opcode::Long1:
        push(longInteger(number<std::uint8_t>()));
        return true;
      case Opcode::Long4:
        push(longInteger(number<std::uint32_t>()));
        return true;
      case Opcode::BinFloat:
        push(bigEndianDouble());
        return true;
      case Opcode::ShortBinString:
      case Opcode::ShortBinUnicode:
        push(Text{take(number<std::uint8_t>())});
        return true;
      case Opcode::BinString:
      case Opcode::BinUnicode:
        push(Text{take(number<std::uint32_t>())});
        return true;
      case Opcode::BinUnicode8:
        push(Text{take(number<std::uint64_t>())});
        return true;
      case Opcode::ShortBinBytes:
        take(number<std::uint8_t>());
        break;
      case Opcode::BinBytes:
        take(number<std::uint32_t>());
        break;
      case Opcode::BinBytes8:
      case Opcode::ByteArray8:
        take(number<std::uint64_t>());
        break;
      default:
        return false;
    }
    push(Opaque{});
    return true;
  }

  bool changeContainer(Opcode opcode) {
    switch (opcode) {
      case Opcode::EmptyTuple:
        push(pickle::Tuple{});
        return true;
      case Opcode::Tuple1:
        push(pickle::Tuple{popLast(1)});
        return true;
      case Opcode::Tuple2:
        push(pickle::Tuple{popLast(2)});
        return true;
      case Opcode::Tuple3:
        push(pickle::Tuple{popLast(3)});
        return true;
      case Opcode::Tuple:
        push(pickle::Tuple{popToMark()});
        return true;
      case Opcode::EmptyList:
      case Opcode::EmptySet:
        push(pickle::List{});
        return true;
      case Opcode::List:
      case Opcode::FrozenSet:
        push(pickle::List{popToMark()});
        return true;
      case Opcode::Append:
        append(popLast(1));
        return true;
      case Opcode::Appends:
      case Opcode::AddItems:
        append(popToMark());
        return true;
      case Opcode::EmptyDict:
        push(pickle::Dict{});
        return true;
      case Opcode::Dict: {
        const std::vector<Ref> items = popToMark();
        push(pickle::Dict{});
        setItems(items);
        return true;
      }
      case Opcode::SetItem:
        setItems(popLast(2));
        return true;
      case Opcode::SetItems:
        setItems(popToMark());
        return true;
      default:
        return false;
    }
  }

  void append(const std::vector<Ref>& items) {
    auto& list = topAs<pickle::List>("a list").items;
    list.insert(list.end(), items.begin(), items.end());
  }

  void setItems(const std::vector<Ref>& items) {
    if (items.size() % 2 != 0) fail("a key has no value");
    auto& dict = topAs<pickle::Dict>("a dict").items;
    for (std::size_t i = 0; i < items.size(); i += 2) dict.emplace_back(items[i], items[i + 1]);
  }

  bool useMemo(Opcode opcode) {
    switch (opcode) {
      case Opcode::BinPut:
        memo_[number<std::uint8_t>()] = top();
        return true;
      case Opcode::LongBinPut:
        memo_[number<std::uint32_t>()] = top();
        return true;
      case Opcode::Memoize:
        memo_[static_cast<std::uint32_t>(memo_.size())] = top();
        return true;
      case Opcode::BinGet:
        stack_.push_back(memoized(number<std::uint8_t>()));
        return true;
      case Opcode::LongBinGet:
        stack_.push_back(memoized(number<std::uint32_t>()));
        return true;
      case Opcode::Mark:
        marks_.push_back(stack_.size());
        return true;
      case Opcode::Pop:
        popOrUnmark();
        return true;
      case Opcode::PopMark:
        popToMark();
        return true;
      case Opcode::Dup:
        stack_.push_back(top());
        return true;
      default:
        return false;
    }
  }

  Ref memoized(std::uint32_t index) const {
    const auto found = memo_.find(index);
    if (found == memo_.end()) fail("it refers to a value that it never kept");
    return found->second;
  }

  void popOrUnmark() {
    if (!marks_.empty() && marks_.back() == stack_.size()) {
      marks_.pop_back();
    } else {
      pop();
    }
  }

  void object(Opcode opcode) {
    switch (opcode) {
      case Opcode::Proto:
        checkProtocol(number<std::uint8_t>());
        return;
      case Opcode::Frame:
        take(sizeof(std::uint64_t));
        return;
      case Opcode::Global: {
        const std::string_view module = line();
        pushGlobal(module, line());
        return;
      }
      case Opcode::StackGlobal: {
        const std::string_view name = topAs<Text>("a name").text;
        pop();
        const std::string_view module = topAs<Text>("a name").text;
        pop();
        pushGlobal(module, name);
        return;
      }
      case Opcode::Reduce:
      case Opcode::NewObj: {
        const Ref arguments = pop();
        const TorchGlobal* function = topAs<const TorchGlobal*>("a function");
        pop();
        stack_.push_back(callTorchGlobal(heap_, *function, arguments, what_));
        return;
      }
      case Opcode::BinPersId:
        stack_.push_back(persistentStorage(heap_, pop(), what_));
        return;
      case Opcode::Build:
        // The attributes of an ordered dict ("_metadata") or of a tensor: not weights.
        pop();
        if (heap_.get<pickle::Dict>(top()) == nullptr && heap_.get<TensorView>(top()) == nullptr) {
          fail("it sets the attributes of something that has none");
        }
        return;
      default:
        throw UserError(ErrorCode::Unsupported, what_,
                        fmt::format("its pickle uses the opcode 0x{:02x}, which is not allowed",
                                    static_cast<unsigned>(opcode)),
                        "save only the state_dict() with torch.save");
    }
  }

  void checkProtocol(std::uint8_t protocol) const {
    constexpr std::uint8_t kNewest = 5;
    if (protocol > kNewest) {
      throw UserError(ErrorCode::Unsupported, what_,
                      fmt::format("its pickle has the protocol {}", protocol),
                      "save it again with protocol 2");
    }
  }

  void pushGlobal(std::string_view module, std::string_view name) {
    const TorchGlobal* global = findTorchGlobal(module, name);
    if (global == nullptr) {
      constexpr std::size_t kEnough = 100;
      throw UserError(ErrorCode::Unsupported, what_,
                      fmt::format("it asks for the Python object {}.{}, and objects of a file are "
                                  "never executed",
                                  module.substr(0, kEnough), name.substr(0, kEnough)),
                      "save only the state_dict() with torch.save");
    }
    push(global);
  }

  std::string_view text_;
  const std::string& what_;
  Heap heap_;
  std::vector<Ref> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint32_t, Ref> memo_;
};

}  // namespace

Unpickled unpickle(std::span<const std::byte> bytes, const std::string& what) {
  return Machine(bytes, what).run();
}

}  // namespace featurescope
