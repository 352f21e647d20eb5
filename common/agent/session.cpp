#include "agent/session.h"

#include "agent/answer.h"
#include "base/hash.h"
#include "base/ledger.h"
#include "base/log.h"

namespace gradus {
namespace {

std::string shown(const Intent& intent) {
  std::string text =
      "# call " + intent.call + ", role " + intent.role + ", model " + intent.model + ", " + intent.prompts + "\n";
  for (const ChatMessage& m : intent.request.messages) text += "\n--- " + m.role + " ---\n\n" + m.text;
  return text + "\n";
}

int64_t input_tokens(const Intent& intent) {
  int64_t sum = 0;
  for (const ChatMessage& m : intent.request.messages) sum += estimate_tokens(m.text);
  return sum;
}

struct Forecast {
  double tokens, dollars;
};
Forecast forecast(const Intent& intent, const ModelSettings& model) {
  const int64_t input = input_tokens(intent), output = intent.request.answer_tokens;
  return {double(input + output), dollars_of(model, input, output)};
}

struct Cap {
  double spent, next, most;  // most 0: no cap
  std::string unit, name;
};
void hold(const Intent& intent, const Cap& cap, bool of_design) {
  if (cap.most <= 0 || cap.spent + cap.next <= cap.most) return;
  throw OverBudget(cap.name + ": " + format_g(cap.spent) + " " + cap.unit + " are spent and the next call, " +
                       intent.call + ", may take " + format_g(cap.next) + " more: the cap is " + format_g(cap.most),
                   of_design);
}

}  // namespace

Desk::Desk(const Experiment& experiment, Mode mode)
    : experiment_(experiment), mode_(mode), client_(experiment.settings().agents.transport) {}

Desk::Spent Desk::spent() const {
  Spent out;
  for (const LedgerLine& line : read_ledger(experiment_.root())) {
    if (!line.stage.starts_with("ask-")) continue;
    out.tokens += line.tokens, out.dollars += line.dollars, out.by_role[line.stage.substr(4)] += line.dollars;
  }
  return out;
}

Session::Session(Desk& desk, const DesignName& design)
    : desk_(desk), design_(design), transcript_(desk.experiment(), design) {}

std::string Session::model(Role role) const {
  if (desk_.backend() == "mailbox" || desk_.replays()) {  // whoever answers; a model that is named is told to them
    const auto& settings = desk_.settings();
    if (role_settings(role, settings).models.empty() && settings.proposer.models.empty()) return "person";
  }
  return draw_model(role, desk_.settings(), uint64_t(desk_.experiment().settings().seed), design_.generation,
                    design_.slot);
}

std::string Session::ask(Role role, const std::string& call, const std::string& prompt, const Json& values,
                         const Json& schema) {
  if (const RecordedAnswer* known = transcript_.find(call)) return use(*known);
  const RoleSettings& settings = role_settings(role, desk_.settings());
  const Prompt words = render_prompt(desk_.experiment().root(), prompt, values);
  const std::string name = model(role);
  Intent intent{call, to_string(role), name, words.id, {{{"system", words.system}, {"user", words.user}}}};
  intent.request.temperature = settings.temperature;
  intent.request.answer_tokens = settings.answer_tokens;
  intent.request.seed = checksum64(design_.text() + "/" + call, uint64_t(desk_.experiment().settings().seed));
  intent.request.schema = schema;
  if (desk_.show_prompt()) throw ShownPrompt{shown(intent)};
  if (desk_.replays()) {
    // A design that its own cap ended has no answer to what came next, and ends there again.
    if (desk_.backend() == "openai") hold_design_caps(intent, find_model(name, desk_.settings()));
    throw Error("'" + transcript_.path().string() + "' has no answer to '" + call +
                "': it was not recorded to its end");
  }
  if (desk_.backend() == "mailbox")
    fetch_by_mail(intent);
  else
    fetch(role, intent, find_model(name, desk_.settings()));
  return use(*transcript_.find(call));
}

std::string Session::use(const RecordedAnswer& answer) {
  tokens_ += double(answer.input_tokens + answer.output_tokens), dollars_ += answer.dollars;
  return answer.text;
}

void Session::fetch(Role role, const Intent& intent, const ModelSettings& model) {
  const int64_t needed = input_tokens(intent) + intent.request.answer_tokens;
  if (needed > model.context)
    throw Error("'" + intent.call + "' needs about " + std::to_string(needed) + " tokens, model '" + intent.model +
                "' has a context of " + std::to_string(model.context) + ": choose another, or a smaller agents." +
                intent.role + ".answer_tokens");
  hold_caps(role, intent, model);
  const Endpoint endpoint = reach_model(intent.model, model, desk_.experiment().root());
  transcript_.begin(intent);
  const ChatResult result = desk_.client_.ask(endpoint, intent.request);
  if (result.kind != ChatResult::Kind::kDone) {
    transcript_.fail(intent, result.fault);
    if (result.kind == ChatResult::Kind::kStopped) throw Stopped();
    throw Error(intent.call + " of " + design_.text() + ": " + result.fault);
  }
  record(intent, result.answer, dollars_of(model, result.answer.input_tokens, result.answer.output_tokens),
         result.seconds);
}

void Session::fetch_by_mail(const Intent& intent) {
  std::string file = design_.text() + "." + intent.call;
  for (char& c : file)
    if (c == '/') c = '.';
  const Path folder = desk_.experiment().root() / "mailbox", question = folder / (file + ".request.md"),
             answer = folder / (file + ".answer.md");
  if (!std::filesystem::exists(question)) {
    transcript_.begin(intent);
    write_file(question, shown(intent));
  }
  auto text = read_file_if_exists(answer);
  for (double waited = 0; !text && waited < desk_.settings().mailbox_seconds; waited += 0.5) {
    if (!sleep_unless_stopped(0.5)) throw Stopped();
    text = read_file_if_exists(answer);
  }
  if (!text) {
    log_info("'" + question.string() + "' waits for '" + answer.filename().string() +
             "' (write it elsewhere and move it there)");
    throw Stopped();
  }
  ChatAnswer got{clean_utf8(*text), "stop", input_tokens(intent), estimate_tokens(*text)};
  record(intent, got, 0, 0);
}

void Session::record(const Intent& intent, const ChatAnswer& answer, double dollars, double seconds) {
  const Path& root = desk_.experiment().root();  // the ledger first: a kill in between must not hide what was spent
  append_ledger(
      root, {design_.text(), "ask-" + intent.role, "ok", std::filesystem::relative(transcript_.path(), root).string(),
             "", double(answer.input_tokens + answer.output_tokens), dollars, seconds});
  transcript_.answer(intent, answer, dollars, seconds);
}

void Session::hold_design_caps(const Intent& intent, const ModelSettings& model) const {
  const AgentSettings& s = desk_.settings();
  const Forecast next = forecast(intent, model);
  hold(intent, {transcript_.tokens(), next.tokens, double(s.design_tokens), "tokens", "agents.design_tokens"}, true);
  hold(intent, {transcript_.dollars(), next.dollars, s.design_dollars, "dollars", "agents.design_dollars"}, true);
}

void Session::hold_caps(Role role, const Intent& intent, const ModelSettings& model) const {
  hold_design_caps(intent, model);
  const AgentSettings& s = desk_.settings();
  const double role_cap = role_settings(role, s).dollars;
  if (s.tokens <= 0 && s.dollars <= 0 && role_cap <= 0) return;
  const Forecast next = forecast(intent, model);
  const Desk::Spent spent = desk_.spent();
  hold(intent, {spent.tokens, next.tokens, double(s.tokens), "tokens", "agents.tokens"}, false);
  hold(intent, {spent.dollars, next.dollars, s.dollars, "dollars", "agents.dollars"}, false);
  const auto by_role = spent.by_role.find(intent.role);
  hold(intent,
       {by_role == spent.by_role.end() ? 0 : by_role->second, next.dollars, role_cap, "dollars",
        "agents." + intent.role + ".dollars"},
       false);
}

Session::Json Session::ask_json(Role role, const std::string& call, const std::string& prompt, const Json& values,
                                const Json& schema, const std::function<std::string(const Json&)>& check) {
  std::string text = ask(role, call, prompt, values, schema);
  const int rounds = desk_.settings().corrections;
  for (int round = 1;; ++round) {
    const auto found = find_json(text);
    std::string fault = found ? schema_fault(*found, schema) : "there is no JSON object in it";
    if (fault.empty() && check) fault = check(*found);
    if (fault.empty()) return *found;
    if (round > rounds)
      throw UnreadableAnswer("the " + std::string(to_string(role)) + " could not be understood in " +
                             std::to_string(rounds + 1) + " answers: " + fault);
    log_debug(design_.text() + ", " + call + ": " + fault);
    const Json mend{{"form", schema.dump()},
                    {"answer", text.substr(0, 6000)},
                    {"fault", fault},
                    {"round", round},
                    {"rounds", rounds}};
    text = ask(role, call + "/mend-" + std::to_string(round), "mend", mend, schema);
  }
}

}  // namespace gradus
