#include "SocketAddress.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace {

/// A socket that is closed at the end of its scope, unless it is released.
class Socket {
 public:
  explicit Socket(int family) : descriptor_(socket(family, SOCK_STREAM, 0)) {
    if (descriptor_ >= 0) fcntl(descriptor_, F_SETFD, FD_CLOEXEC);
  }
  ~Socket() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  Socket(const Socket &) = delete;
  Socket &operator=(const Socket &) = delete;

  int descriptor() const { return descriptor_; }
  bool is_open() const { return descriptor_ >= 0; }
  int released() {
    int result = descriptor_;
    descriptor_ = -1;
    return result;
  }

 private:
  int descriptor_;
};

/// All addresses of this machine: for IPv6 those of both families.
SocketAddress every_address(int family, uint16_t port) {
  SocketAddress result = {};
  if (family == AF_INET6) {
    auto *address = reinterpret_cast<sockaddr_in6 *>(&result.storage);
    address->sin6_family = AF_INET6;
    address->sin6_addr = in6addr_any;
    address->sin6_port = htons(port);
    result.size = sizeof(sockaddr_in6);
  } else {
    auto *address = reinterpret_cast<sockaddr_in *>(&result.storage);
    address->sin_family = AF_INET;
    address->sin_addr.s_addr = htonl(INADDR_ANY);
    address->sin_port = htons(port);
    result.size = sizeof(sockaddr_in);
  }
  return result;
}

/// A socket that listens at `address`, or -1 with `errno`.
int listening(const SocketAddress &address) {
  int family = address.pointer()->sa_family, yes = 1, no = 0;
  Socket made(family);
  if (!made.is_open()) return -1;
  setsockopt(made.descriptor(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (family == AF_INET6) setsockopt(made.descriptor(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  if (bind(made.descriptor(), address.pointer(), address.size) != 0) return -1;
  if (listen(made.descriptor(), SOMAXCONN) != 0) return -1;
  return made.released();
}

/// Connects to `address`; returns what went wrong, or 0.
int connect_within(const Socket &made, const SocketAddress &address, double timeout_seconds) {
  if (!made.is_open()) return errno;
  fcntl(made.descriptor(), F_SETFL, fcntl(made.descriptor(), F_GETFL) | O_NONBLOCK);
  if (connect(made.descriptor(), address.pointer(), address.size) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd events = {made.descriptor(), POLLOUT, 0};
  int ready = poll(&events, 1, static_cast<int>(timeout_seconds * 1000));
  if (ready <= 0) return ready == 0 ? ETIMEDOUT : errno;
  int problem = 0;
  socklen_t size = sizeof problem;
  getsockopt(made.descriptor(), SOL_SOCKET, SO_ERROR, &problem, &size);
  return problem;
}

}  // namespace

bool SocketAddress::is_loopback() const {
  if (storage.ss_family == AF_INET) {
    return ntohl(reinterpret_cast<const sockaddr_in *>(&storage)->sin_addr.s_addr) >> 24 == 127;
  }
  return storage.ss_family == AF_INET6
         && IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6 *>(&storage)->sin6_addr);
}

std::string SocketAddress::text() const {
  char name[NI_MAXHOST] = "";
  getnameinfo(pointer(), size, name, sizeof name, nullptr, 0, NI_NUMERICHOST);
  return name;
}

bool means_loopback(const std::string &host) {
  in_addr four;
  in6_addr six;
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  if (inet_pton(AF_INET6, host.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
  return host == "localhost";
}

std::vector<SocketAddress> resolve(const std::string &host, uint16_t port) {
  addrinfo hints = {}, *list = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  int problem = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (problem != 0) throw std::runtime_error("this host cannot be found: " + std::string(gai_strerror(problem)));
  std::vector<SocketAddress> result;
  for (int family : {AF_INET, AF_INET6}) {
    for (const addrinfo *entry = list; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family != family) continue;
      SocketAddress address = {};
      memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
      address.size = entry->ai_addrlen;
      result.push_back(address);
    }
  }
  freeaddrinfo(list);
  return result;
}

ListeningSocket listen_at(const std::string &host, uint16_t port) {
  auto opened = [&](const SocketAddress &address) {
    int descriptor = listening(address);
    if (descriptor >= 0 || errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT) return descriptor;
    if (errno == EADDRINUSE) {
      throw std::runtime_error("this port is in use by another job or another process 0; choose another MASTER_PORT");
    }
    throw std::runtime_error("this port cannot be opened: " + std::string(strerror(errno)));
  };
  std::vector<SocketAddress> addresses = resolve(host, port);
  bool is_local = means_loopback(host);
  for (const SocketAddress &address : addresses) {
    if (!is_local && (addresses.size() > 1 || address.is_loopback())) break;
    int descriptor = opened(address);
    if (descriptor >= 0) return {descriptor, address.text(), true};
  }
  int descriptor = opened(every_address(AF_INET6, port));
  if (descriptor < 0) descriptor = opened(every_address(AF_INET, port));
  if (descriptor < 0) throw std::runtime_error("this port cannot be opened: " + std::string(strerror(errno)));
  return {descriptor, "127.0.0.1", false};
}

Route try_route(const std::string &host, uint16_t port, double timeout_seconds) {
  int problem = 0;
  for (const SocketAddress &address : resolve(host, port)) {
    Socket made(address.pointer()->sa_family);
    problem = connect_within(made, address, timeout_seconds);
    if (problem != 0) continue;
    SocketAddress own = {};
    own.size = sizeof own.storage;
    getsockname(made.descriptor(), own.pointer(), &own.size);
    return {address.text(), own.text()};
  }
  throw std::runtime_error(strerror(problem));
}
