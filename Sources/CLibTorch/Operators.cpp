// Operators by name, through the dispatcher.
#include "CLibTorch.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>

#include "Guarded.h"
#include "Handles.h"

namespace {

/// An operator's argument from Swift's value; the declared type decides the meaning of an integer.
c10::IValue value(const TorchValue &given, const c10::TypePtr &declared) {
  const auto &type = declared->kind() == c10::TypeKind::OptionalType ? declared->containedType(0) : declared;
  switch (given.kind) {
    case TorchValueNone: return {};
    case TorchValueTensor: return borrowed(given.pointer);
    case TorchValueInteger:
      if (type->kind() == c10::TypeKind::FloatType) return static_cast<double>(given.integer);
      return given.integer;
    case TorchValueReal: return given.real;
    case TorchValueBool: return given.integer != 0;
    case TorchValueText: {
      std::string text(static_cast<const char *>(given.pointer));
      if (type->kind() == c10::TypeKind::DeviceObjType) return c10::Device(text);
      return text;
    }
    case TorchValueIntegers: {
      const auto *first = static_cast<const int64_t *>(given.pointer);
      return c10::List<int64_t>(c10::ArrayRef<int64_t>(first, given.integer));
    }
    case TorchValueReals: {
      const auto *first = static_cast<const double *>(given.pointer);
      // Lists of scalars, which may be missing, are not lists of doubles.
      c10::impl::GenericList list(type->containedType(0));
      for (int64_t i = 0; i < given.integer; i++) list.push_back(first[i]);
      return list;
    }
    case TorchValueTensors: {
      const auto *first = static_cast<const TorchTensor *>(given.pointer);
      c10::List<at::Tensor> list;
      list.reserve(given.integer);
      for (int64_t i = 0; i < given.integer; i++) list.push_back(borrowed(first[i]));
      return list;
    }
    case TorchValueGenerator: return generator(given.pointer);
  }
  TORCH_CHECK(false, "an argument of an unknown kind");
}

class Results {
 public:
  Results(TorchValue *values, size_t *count) : values_(values), capacity_(*count), count_(count) { *count_ = 0; }

  void append(const c10::IValue &value) {
    if (value.isTensor()) {
      at::Tensor tensor = value.toTensor();
      if (!tensor.defined()) return append({TorchValueNone, 0, 0, nullptr});
      return append({TorchValueTensor, 0, 0, owned(std::move(tensor)).ref});
    }
    if (value.isTensorList()) {
      for (const at::Tensor &tensor : value.toTensorVector()) append(c10::IValue(tensor));
      return;
    }
    if (value.isInt()) return append({TorchValueInteger, value.toInt(), 0, nullptr});
    if (value.isDouble()) return append({TorchValueReal, 0, value.toDouble(), nullptr});
    if (value.isBool()) return append({TorchValueBool, value.toBool() ? 1 : 0, 0, nullptr});
    if (value.isNone()) return append({TorchValueNone, 0, 0, nullptr});
    TORCH_CHECK(false, "a result of kind ", value.tagKind(), " that this binding does not carry");
  }

 private:
  void append(const TorchValue &value) {
    TORCH_CHECK(*count_ < capacity_, "more results than the ", capacity_, " that were made room for");
    values_[(*count_)++] = value;
  }

  TorchValue *values_;
  size_t capacity_;
  size_t *count_;
};

/// Collects the names of the operators that its thread calls while it exists.
class CalledOperators {
 public:
  CalledOperators() {
    names().clear();
    handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(&add).scopes({at::RecordScope::FUNCTION}));
  }
  ~CalledOperators() { at::removeCallback(handle_); }
  CalledOperators(const CalledOperators &) = delete;
  CalledOperators &operator=(const CalledOperators &) = delete;

  /// One per line.
  static std::string &names() {
    static thread_local std::string names;
    return names;
  }

 private:
  static std::unique_ptr<at::ObserverContext> add(const at::RecordFunction &function) {
    names().append(function.name()).push_back('\n');
    return nullptr;
  }

  at::CallbackHandle handle_;
};

}  // namespace

char *torch_operators_called(void (*body)(void *context), void *context, char **names) {
  return guarded([&] {
    CalledOperators called;
    body(context);
    *names = strdup(CalledOperators::names().c_str());
  });
}

char *torch_operator_find(const char *name, const char *overload, TorchOperator *result) {
  return guarded([&] {
    auto handle = c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
    result->ref = new c10::OperatorHandle(handle);
  });
}

char *torch_operator_call(
    TorchOperator op, const TorchValue *arguments, size_t argument_count, TorchValue *results, size_t *result_count) {
  return guarded([&] {
    const auto &handle = *static_cast<const c10::OperatorHandle *>(op.ref);
    const auto &schema = handle.schema().arguments();
    TORCH_CHECK(
        argument_count <= schema.size(), argument_count, " arguments were given, it takes at most ", schema.size());
    torch::jit::Stack stack;
    stack.reserve(schema.size());
    for (size_t i = 0; i < argument_count; i++) stack.push_back(value(arguments[i], schema[i].type()));
    for (size_t i = argument_count; i < schema.size(); i++) {
      const auto &standard = schema[i].default_value();
      TORCH_CHECK(standard.has_value(), "argument '", schema[i].name(), "' is missing");
      stack.push_back(*standard);
    }
    handle.callBoxed(stack);
    Results collected(results, result_count);
    for (const auto &item : stack) collected.append(item);
  });
}
