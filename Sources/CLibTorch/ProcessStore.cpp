// The key-value store for the rendezvous of processes: c10d's TCPStore, listening only at the needed address, with
// bounded waits.
#include "ProcessStore.h"

#include <cstdlib>
#include <future>
#include <stdexcept>
#include <thread>

#include <c10/util/Logging.h>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include "Guarded.h"
#include "SocketAddress.h"

namespace {

using Store = c10::intrusive_ptr<c10d::Store>;

/// How long Gloo and NCCL wait for each other's keys.
constexpr std::chrono::seconds key_timeout(300);

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000));
}

/// Connects to the store, and serves it where `listening` is a socket.
///
/// c10d waits without a limit for the first answer of a server, so that a separate thread waits.
Store connected(const std::string &address, uint16_t port, std::optional<int> listening, double timeout_seconds) {
  // c10d logs a broken connection with the C++ stack; the caller reports it as a message.
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_FATAL;
  c10d::TCPStoreOptions options;
  options.port = port;
  options.isServer = listening.has_value();
  options.masterListenFd = listening;
  options.waitWorkers = false;
  options.timeout = milliseconds(timeout_seconds);
  auto promise = std::make_shared<std::promise<Store>>();
  std::future<Store> result = promise->get_future();
  std::thread([promise, address, options] {
    BrokenPipesAsErrors scope;
    try {
      promise->set_value(c10::make_intrusive<c10d::TCPStore>(address, options));
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  }).detach();
  if (result.wait_for(milliseconds(timeout_seconds)) != std::future_status::ready) {
    throw std::runtime_error("something listens there, and does not answer as process 0 would");
  }
  Store store = result.get();
  store->setTimeout(key_timeout);
  return store;
}

c10d::Store &store(TorchStore handle) { return *connection(handle).store; }

}  // namespace

char *torch_store_open(const char *host, uint16_t port, double timeout_seconds, TorchStore *result) {
  return guarded([&] {
    ListeningSocket socket = listen_at(host, port);
    // The store closes the socket.
    Store opened = connected(socket.address, port, socket.descriptor, timeout_seconds);
    *result = {
        new StoreConnection{opened, socket.address, port, socket.is_at_one_address ? socket.address : std::string()}};
  });
}

char *torch_store_connect(const char *host, uint16_t port, double timeout_seconds, TorchStore *result) {
  return guarded([&] {
    Route route = try_route(host, port, timeout_seconds);
    bool is_reached = means_loopback(host) || !means_loopback(route.own);
    *result = {new StoreConnection{
        connected(route.peer, port, std::nullopt, timeout_seconds), route.peer, port,
        is_reached ? route.own : std::string()}};
  });
}

char *torch_store_connect_again(TorchStore handle, double timeout_seconds, TorchStore *result) {
  return guarded([&] {
    StoreConnection again = connection(handle);
    again.store = connected(again.address, again.port, std::nullopt, timeout_seconds);
    *result = {new StoreConnection(again)};
  });
}

void torch_store_release(TorchStore handle) { delete static_cast<StoreConnection *>(handle.ref); }

char *torch_store_set(TorchStore handle, const char *key, const void *bytes, size_t byte_count) {
  return guarded([&] {
    auto *first = static_cast<const uint8_t *>(bytes);
    store(handle).set(key, std::vector<uint8_t>(first, first + byte_count));
  });
}

char *torch_store_get(TorchStore handle, const char *key, char **bytes, size_t *byte_count) {
  return guarded([&] {
    std::vector<uint8_t> value = store(handle).get(key);
    *byte_count = value.size();
    *bytes = static_cast<char *>(malloc(value.size() + 1));
    std::copy(value.begin(), value.end(), *bytes);
  });
}

char *torch_store_has(TorchStore handle, const char *key, bool *result) {
  return guarded([&] { *result = store(handle).check({key}); });
}

char *torch_store_add(TorchStore handle, const char *key, int64_t amount, int64_t *result) {
  return guarded([&] { *result = store(handle).add(key, amount); });
}
