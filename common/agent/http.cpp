#include "agent/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>

#include "base/error.h"
#include "base/log.h"
#include "base/signals.h"

namespace gradus {
namespace {

using Clock = std::chrono::steady_clock;
using Fault = HttpAnswer::Fault;

double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Transfer {
  const HttpRequest& request;
  const TransportSettings& limits;
  CURL* easy;
  HttpAnswer answer;
  Clock::time_point start = Clock::now(), last = start;
  bool began = false;  // a byte has come
  bool done = false;   // the reader has what it wants
};

int status_of(CURL* easy) {
  long status = 0;
  ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return int(status);
}

size_t on_header(char* data, size_t size, size_t n, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.began = true, transfer.last = Clock::now();
  std::string line(data, size * n);
  const size_t colon = line.find(':');
  if (colon == line.npos) return size * n;
  std::string name = line.substr(0, colon), value = line.substr(colon + 1);
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  if (name != "retry-after") return size * n;
  char* end = nullptr;
  const double seconds = std::strtod(value.c_str(), &end);
  if (end != value.c_str()) {
    transfer.answer.retry_after = std::max(0.0, seconds);
  } else if (const time_t date = ::curl_getdate(value.c_str(), nullptr); date >= 0) {
    transfer.answer.retry_after = std::max(0.0, std::difftime(date, std::time(nullptr)));
  }
  return size * n;
}

size_t on_body(char* data, size_t size, size_t n, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  transfer.began = true, transfer.last = Clock::now();
  HttpAnswer& answer = transfer.answer;
  answer.body.append(data, size * n);
  if (int64_t(answer.body.size()) > transfer.limits.answer_bytes) {
    answer.fault = Fault::kTooLong;
    answer.text = "the answer is longer than " + std::to_string(transfer.limits.answer_bytes) + " bytes";
    return 0;
  }
  if (transfer.request.on_piece && status_of(transfer.easy) / 100 == 2 &&
      !transfer.request.on_piece({data, size * n})) {
    transfer.done = true;
    return 0;
  }
  return size * n;
}

/// Which limit has been passed; sets the fault.
bool too_late(Transfer& t) {
  const auto refuse = [&](Fault fault, const std::string& text) {
    t.answer.fault = fault, t.answer.text = text;
    return true;
  };
  if (stop_requested()) return refuse(Fault::kStopped, "stopped by a signal");
  if (since(t.start) > t.limits.total_seconds)
    return refuse(Fault::kTotal, "not done after " + format_g(t.limits.total_seconds) + " s");
  if (t.began) {
    if (since(t.last) <= t.limits.idle_seconds) return false;
    return refuse(Fault::kIdle,
                  "nothing came for " + format_g(t.limits.idle_seconds) + " s in the middle of an answer");
  }
  curl_off_t connected = 0;
  ::curl_easy_getinfo(t.easy, CURLINFO_CONNECT_TIME_T, &connected);
  if (connected == 0 || since(t.start) - 1e-6 * double(connected) <= t.limits.first_byte_seconds) return false;
  return refuse(Fault::kFirstByte, "no byte of an answer after " + format_g(t.limits.first_byte_seconds) + " s");
}

bool is_loopback(const std::string& url) {
  for (const char* host : {"://127.", "://localhost", "://[::1]"})
    if (url.find(host) != url.npos) return true;
  return false;
}

void set_options(Transfer& t, curl_slist* headers) {
  const auto set = [&](CURLoption option, auto value) {
    require(::curl_easy_setopt(t.easy, option, value) == CURLE_OK, "an option of libcurl");
  };
  set(CURLOPT_URL, t.request.url.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_CONNECTTIMEOUT_MS, long(1e3 * t.limits.connect_seconds));
  set(CURLOPT_HTTPHEADER, headers);
  set(CURLOPT_HEADERFUNCTION, on_header);
  set(CURLOPT_HEADERDATA, &t);
  set(CURLOPT_WRITEFUNCTION, on_body);
  set(CURLOPT_WRITEDATA, &t);
  set(CURLOPT_USERAGENT, "gradus");
  if (is_loopback(t.request.url)) set(CURLOPT_PROXY, "");
  if (!t.request.body) return;
  set(CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(t.request.body->size()));
  set(CURLOPT_POSTFIELDS, t.request.body->data());
}

void conclude(Transfer& t, CURLcode code) {
  HttpAnswer& answer = t.answer;
  answer.status = status_of(t.easy);
  if (answer.fault != Fault::kNone || t.done || code == CURLE_OK) return;
  const bool before = code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
                      code == CURLE_COULDNT_RESOLVE_PROXY || (code == CURLE_OPERATION_TIMEDOUT && !t.began);
  answer.fault = before ? Fault::kConnect : Fault::kBroken;
  answer.text = ::curl_easy_strerror(code);
}

}  // namespace

HttpAnswer exchange(const HttpRequest& request, const TransportSettings& limits) {
  static const bool ready = ::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  require(ready, "libcurl starts");
  if (!request.url.starts_with("http://") && !request.url.starts_with("https://"))
    throw UsageError("'" + request.url + "' is no address: expected http://… or https://…");
  const std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> easy(::curl_easy_init(), ::curl_easy_cleanup);
  const std::unique_ptr<CURLM, decltype(&::curl_multi_cleanup)> multi(::curl_multi_init(), ::curl_multi_cleanup);
  require(easy && multi, "libcurl has memory");
  Transfer t{request, limits, easy.get(), {}};
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) list = ::curl_slist_append(list, header.c_str());
  const std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> headers(list, ::curl_slist_free_all);
  set_options(t, list);
  ::curl_multi_add_handle(multi.get(), easy.get());
  CURLcode code = CURLE_OK;
  for (int running = 1; running > 0 && !too_late(t);) {
    if (::curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi.get(), &left))
      if (message->msg == CURLMSG_DONE) code = message->data.result;
    if (running > 0) ::curl_multi_poll(multi.get(), nullptr, 0, 50, nullptr);
  }
  conclude(t, code);
  ::curl_multi_remove_handle(multi.get(), easy.get());
  t.answer.seconds = since(t.start);
  return t.answer;
}

}  // namespace gradus
