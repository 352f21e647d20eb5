// A stand-in for a model's server: HTTP/1.1 on a free port of 127.0.0.1, a thread a connection. What it says is a
// function of the request's JSON; how it fails is a script of faults, taken one a request, and then it works.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace gradus {

class ModelServer {
 public:
  using Json = nlohmann::json;
  using Answer = std::function<std::string(const Json& request)>;

  explicit ModelServer(Answer answer, int port = 0) : answer_(std::move(answer)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET, address.sin_port = htons(uint16_t(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(socket_, 64) != 0)
      throw std::runtime_error("no port for the stand-in server");
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    accepter_ = std::thread([this] { accept(); });
  }
  ~ModelServer() {
    stopping_ = true;
    ::shutdown(socket_, SHUT_RDWR);
    ::close(socket_);
    accepter_.join();
    for (std::thread& t : threads_) t.join();
  }
  ModelServer(const ModelServer&) = delete;
  ModelServer& operator=(const ModelServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  int port() const { return port_; }
  /// The next requests meet these, one each: "429", "429 2" (Retry-After), "500", "slow", "stall", "cut", "truncated",
  /// "schema", "endless", "utf8", "html", "empty", "close", "ok".
  void fail(const std::vector<std::string>& faults) {
    const std::lock_guard lock(mutex_);
    faults_.insert(faults_.end(), faults.begin(), faults.end());
  }
  /// Called with the count before each answer.
  void on_request(std::function<void(int)> call) { on_request_ = std::move(call); }
  /// GET requests are answered by this, with the path.
  void on_get(std::function<std::string(const std::string&)> call) { on_get_ = std::move(call); }
  int n_requests() const { return n_requests_; }
  std::string last_headers() const {
    const std::lock_guard lock(mutex_);
    return headers_;
  }
  Json last_body() const {
    const std::lock_guard lock(mutex_);
    return body_;
  }

 private:
  void accept() {
    while (!stopping_) {
      const int fd = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      threads_.emplace_back([this, fd] {
        serve(fd);
        ::close(fd);
      });
    }
  }
  static bool send(int fd, const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
      const ssize_t n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += size_t(n);
    }
    return true;
  }
  static bool read_request(int fd, std::string& head, std::string& body) {
    std::string all;
    char buffer[65536];
    size_t end = all.npos, length = 0;
    while (end == all.npos || all.size() < end + 4 + length) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n <= 0) return false;
      all.append(buffer, size_t(n));
      if (end != all.npos || (end = all.find("\r\n\r\n")) == all.npos) continue;
      head = all.substr(0, end);
      if (const size_t at = head.find("Content-Length: "); at != head.npos) length = std::stoul(head.substr(at + 16));
      if (head.find("100-continue") != head.npos) send(fd, "HTTP/1.1 100 Continue\r\n\r\n");
    }
    body = all.substr(end + 4);
    return true;
  }
  static std::string respond(const std::string& status, const std::string& type, const std::string& body,
                             const std::string& more = "") {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n" + more + "\r\n" + body;
  }
  void wait(double seconds) const {
    for (int i = 0; i < int(seconds * 100) && !stopping_; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  static std::string event(const Json& delta, const char* finish) {
    Json choice{{"index", 0}, {"delta", delta}, {"finish_reason", finish ? Json(finish) : Json()}};
    return "data: " + Json{{"object", "chat.completion.chunk"}, {"choices", {choice}}}.dump() + "\n\n";
  }
  void serve(int fd) {
    std::string head, body;
    if (!read_request(fd, head, body)) return;
    std::string fault = "ok";
    Json request;
    {
      const std::lock_guard lock(mutex_);
      headers_ = head, body_ = request = Json::parse(body, nullptr, false);
      if (!faults_.empty()) fault = faults_.front(), faults_.pop_front();
    }
    ++n_requests_;
    if (on_request_) on_request_(n_requests_);
    if (fault == "close") return;
    if (fault == "slow") wait(30);
    if (fault.starts_with("429"))
      return void(send(fd, respond("429 Too Many Requests", "application/json", R"({"error":{"message":"slow down"}})",
                                   fault.size() > 4 ? "Retry-After: " + fault.substr(4) + "\r\n" : "")));
    if (fault == "500") return void(send(fd, respond("500 Oops", "text/plain", "it broke")));
    if (fault == "400") return void(send(fd, respond("400 Bad", "application/json", R"({"error":{"message":"no"}})")));
    if (fault == "html") return void(send(fd, respond("200 OK", "text/html", "<html>login</html>")));
    if (fault == "empty") return void(send(fd, respond("200 OK", "application/json", "")));
    if (fault == "schema") return void(send(fd, respond("200 OK", "application/json", R"({"choices": 7})")));
    if (head.starts_with("GET ") && on_get_)
      return void(send(fd, respond("200 OK", "text/plain", on_get_(head.substr(4, head.find(' ', 4) - 4)))));
    std::string text = answer_(request);
    if (fault == "utf8") text += "\xff\xfe \xc3";
    if (request.value("stream", false))
      stream(fd, text, fault);
    else
      whole(fd, text, fault);
  }
  void whole(int fd, const std::string& text, const std::string& fault) {
    const Json choice{{"index", 0}, {"finish_reason", "stop"}, {"message", {{"role", "assistant"}, {"content", "@"}}}};
    std::string body =
        Json{{"choices", {choice}}, {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}}}.dump();
    std::string quoted;  // by hand: a library would mend what must stay broken
    for (char c : text) quoted += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
    body.replace(body.find('@'), 1, quoted);
    if (fault == "truncated") body.resize(body.size() / 2);
    const std::string all = respond("200 OK", "application/json", body);
    if (fault != "stall" && fault != "cut") return void(send(fd, all));
    send(fd, all.substr(0, all.size() - 5));
    if (fault == "stall") wait(30);
  }
  void stream(int fd, const std::string& text, const std::string& fault) {
    send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
    send(fd, event({{"role", "assistant"}}, nullptr));
    for (size_t i = 0; i < text.size(); i += 1000) {
      if (i > 0 && i + 1000 > text.size() / 2 && fault == "truncated") return void(send(fd, "data: {\"choi"));
      std::string piece = event({{"content", "@"}}, nullptr), quoted;
      for (char c : text.substr(i, 1000))
        quoted += c == '\n' ? "\\n" : c == '"' ? "\\\"" : c == '\\' ? "\\\\" : std::string(1, c);
      piece.replace(piece.find('@'), 1, quoted);
      if (!send(fd, piece)) return;
    }
    if (fault == "truncated") return void(send(fd, "data: {\"choi"));
    if (fault == "stall") return wait(30);
    if (fault == "cut") return;
    while (fault == "endless" && !stopping_)
      if (!send(fd, event({{"content", std::string(1000, 'x')}}, nullptr))) return;
    send(fd, event(Json::object(), "stop"));
    send(fd,
         "data: " +
             Json{{"choices", Json::array()}, {"usage", {{"prompt_tokens", 100}, {"completion_tokens", 10}}}}.dump() +
             "\n\n");
    send(fd, "data: [DONE]\n\n");
  }

  Answer answer_;
  std::function<void(int)> on_request_;
  std::function<std::string(const std::string&)> on_get_;
  int socket_ = -1, port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> n_requests_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::string> faults_;
  std::string headers_;
  Json body_;
  std::thread accepter_;
  std::vector<std::thread> threads_;
};

}  // namespace gradus
