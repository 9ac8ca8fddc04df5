// Addresses of machines, and sockets that listen at them.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

struct SocketAddress {
  sockaddr_storage storage;
  socklen_t size;

  const sockaddr *pointer() const { return reinterpret_cast<const sockaddr *>(&storage); }
  sockaddr *pointer() { return reinterpret_cast<sockaddr *>(&storage); }
  bool is_loopback() const;
  /// As numbers: "127.0.0.1", "::1".
  std::string text() const;
};

/// Whether `host` stands for the machine itself whoever asks: "localhost", or the number of a loopback address.
bool means_loopback(const std::string &host);

/// The addresses of `host`, those of IPv4 first. Throws if it has none.
std::vector<SocketAddress> resolve(const std::string &host, uint16_t port);

/// A listening socket, which its new owner closes.
struct ListeningSocket {
  int descriptor;
  /// The numeric address at which this process connects to it.
  std::string address;
  /// Whether it listens at `address` only, and not at all addresses of the machine.
  bool is_at_one_address;
};

/// Listens at `host`'s address where it has one that is this machine's, otherwise at all addresses: a machine's name
/// may stand for several, for 127.0.1.1, which no other machine reaches, or for one that forwards connections.
///
/// Throws where the port is in use.
ListeningSocket listen_at(const std::string &host, uint16_t port);

/// How a connection was made.
struct Route {
  /// Addresses of the other end and of this one, as numbers.
  std::string peer, own;
};

/// Connects to `host`, and closes the connection. Throws where nobody listens, or nobody answers within
/// `timeout_seconds` for each of its addresses.
Route try_route(const std::string &host, uint16_t port, double timeout_seconds);
