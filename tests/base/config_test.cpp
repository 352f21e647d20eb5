#include "base/config.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/settings.h"
#include "testing.h"

using namespace gradus;
using tests::Directory;
using tests::message_of;

namespace {

struct Inner {
  int n_layers = 2;
  std::vector<double> rates{1e-5, 3};
  template <class V>
  void fields(V& v) {
    v("n_layers", n_layers);
    v("rates", rates);
  }
};

struct Outer {
  bool on = true;
  int64_t tokens = 3;
  uint8_t byte = 1;
  double rate = 3e-4;
  std::string name = "yes", text = "two\nlines\n";
  std::map<std::string, Inner> named{{"x", {}}};
  std::optional<int> limit;
  Inner inner;
  std::vector<std::vector<int>> table{{1}, {2, 3}};
  template <class V>
  void fields(V& v) {
    v("on", on);
    v("tokens", tokens);
    v("byte", byte);
    v("rate", rate);
    v("name", name);
    v("text", text);
    v("named", named);
    v("limit", limit);
    v("inner", inner);
    v("table", table);
  }
};

Outer read(const std::string& yaml, const std::string& where = "") {
  Outer settings;
  Faults faults("f.yaml");
  read_settings(parse_yaml(yaml, "f.yaml"), settings, faults, where);
  faults.finish();
  return settings;
}

}  // namespace

TEST(Config, RoundTrip) {
  const std::string text = to_yaml(write_value(Outer{}));
  EXPECT_EQ(to_yaml(write_value(read(text))), text);
  EXPECT_NE(text.find("rate: 3.0e-04\n"), text.npos);
  EXPECT_NE(text.find("name: \"yes\"\n"), text.npos);  // else PyYAML reads true
  EXPECT_NE(text.find("  n_layers: 2\n"), text.npos);
}

TEST(Config, EmptyLeavesDefaults) {
  EXPECT_EQ(to_yaml(write_value(read(""))), to_yaml(write_value(Outer{})));
  EXPECT_EQ(to_yaml(write_value(read("inner:\n"))), to_yaml(write_value(Outer{})));
}

TEST(Config, Values) {
  const Outer o = read("tokens: 1.0e+6\nrate: 2\nname: 5\nlimit: 7\nnamed: {a: {n_layers: 3}}\ntable: []\nbyte: 255\n");
  EXPECT_EQ(o.tokens, 1000000);
  EXPECT_EQ(o.rate, 2);
  EXPECT_EQ(o.name, "5");
  EXPECT_EQ(o.limit, 7);
  EXPECT_EQ(o.named.size(), 1u);
  EXPECT_EQ(o.named.at("a").n_layers, 3);
  EXPECT_TRUE(o.table.empty());
  EXPECT_EQ(read("limit: 7").limit, 7);
  EXPECT_EQ(read("limit: ~").limit, std::nullopt);
  EXPECT_EQ(read("rate: -.inf").rate, -HUGE_VAL);
}

TEST(Config, AllFaultsAtOnceWithLines) {
  EXPECT_EQ(
      message_of([] {
        read(
            "on: yes\ntokens: 1.5\nbyte: 300\nrate: \"3\"\nname: [1]\nnamed: 3\ninner:\n  n_layer: 4\n  rates: 3\n"
            "nmae: 1\n",
            "sec");
      }),
      "cannot read 'f.yaml':\n"
      "  line 1: sec.on: expected true or false, found 'yes'\n"
      "  line 2: sec.tokens: expected a whole number, found '1.5'\n"
      "  line 3: sec.byte: expected a whole number from 0 to 255, found '300'\n"
      "  line 4: sec.rate: expected a number, found the quoted text '3'\n"
      "  line 5: sec.name: expected text, found a list\n"
      "  line 6: sec.named: expected a mapping, found '3'\n"
      "  line 9: sec.inner.rates: expected a list, found '3'\n"
      "  line 8: unknown key 'sec.inner.n_layer' (did you mean 'sec.inner.n_layers'?)\n"
      "  line 10: unknown key 'sec.nmae' (did you mean 'sec.name'?)");
}

TEST(Config, OneFaultOnOneLine) {
  EXPECT_EQ(message_of([] { read("tokens: 99999999999999999999\n"); }),
            "cannot read 'f.yaml': line 1: tokens: expected a whole number, found '99999999999999999999'");
  EXPECT_EQ(
      message_of([] { read("table: [[1], [2, x]]\n"); }),
      "cannot read 'f.yaml': line 1: table[1][1]: expected a whole number from -2147483648 to 2147483647, found 'x'");
  EXPECT_EQ(message_of([] { read("rate:\n"); }),
            "cannot read 'f.yaml': line 1: rate: expected a number, found nothing");
  EXPECT_EQ(message_of([] { read("rate: nan\n"); }),
            "cannot read 'f.yaml': line 1: rate: expected a number, found 'nan'");
  EXPECT_EQ(message_of([] { read("[1]\n"); }), "cannot read 'f.yaml': line 1: expected a mapping, found a list");
}

TEST(Config, KeysTwice) {
  EXPECT_EQ(message_of([] { parse_yaml("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n", "g.yaml"); }),
            "cannot read 'g.yaml':\n  line 4: key 'b.c' appears twice\n  line 5: key 'a' appears twice");
}

TEST(Config, Syntax) {
  EXPECT_EQ(message_of([] { parse_yaml("a: [1\nb: 2\n", "g.yaml"); }),
            "cannot read 'g.yaml': line 2: end of sequence flow not found");
  EXPECT_THROW(parse_yaml("a:\n\t- b\n", "g"), UsageError);
  EXPECT_THROW(parse_yaml("? [a, b]\n: 1\n", "g"), UsageError);
  EXPECT_THROW(parse_yaml("a: *nothing\n", "g"), UsageError);
  EXPECT_THROW(parse_yaml(std::string(100000, '['), "g"), UsageError);
  EXPECT_THROW(parse_yaml(std::string("\0\1\2", 3), "g"), UsageError);
  EXPECT_THROW(load_yaml("none.yaml"), Error);
  EXPECT_NE(message_of([] { load_yaml("none.yaml"); }).find("cannot read 'none.yaml'"), std::string::npos);
}

// Nine levels of ten aliases each: a billion values when walked.
TEST(Config, AliasesThatExplode) {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i <= 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j) bomb += ", " + last;
    bomb += "]\n";
  }
  EXPECT_NE(message_of([&] { parse_yaml(bomb, "g"); }).find("more than a million values"), std::string::npos);
}

TEST(Config, SetValue) {
  YAML::Node d = parse_yaml("a: 1\n", "d");
  set_value(d, "b.c.d", "[1, 2]");
  set_value(d, "b.c.e", "x: 1");
  set_value(d, "b.f", "hello world");
  set_value(d, "a", "1.0e-4");
  EXPECT_EQ(to_yaml(d), "a: 1.0e-4\nb:\n  c:\n    d: [1, 2]\n    e:\n      x: 1\n  f: hello world\n");
  EXPECT_EQ(message_of([&] { set_value(d, "b.f.g", "1"); }), "cannot set 'b.f.g': 'f' is not a section");
  EXPECT_THROW(set_value(d, "b..g", "1"), UsageError);
  EXPECT_THROW(set_value(d, "b.g", "[1"), UsageError);
  set_value(d, "b.empty", "");
  YAML::Node nothing;
  set_value(nothing, "x.y", "1");
  EXPECT_EQ(to_yaml(nothing), "x:\n  y: 1\n");
}

TEST(Config, Floats) {
  EXPECT_EQ(yaml_float(3e-4), "3.0e-04");
  EXPECT_EQ(yaml_float(1), "1.0");
  EXPECT_EQ(yaml_float(2.6666667), "2.6666667");
  EXPECT_EQ(yaml_float(1e6), "1.0e+06");
  EXPECT_EQ(yaml_float(0.001), "0.001");
  EXPECT_EQ(yaml_float(-0.0), "-0.0");
  EXPECT_EQ(yaml_float(HUGE_VAL), ".inf");
  for (double x : {1.0 / 3, 5e-324, 1.7976931348623157e308, 123456.789, 0.1, 1e-3, 999999.5, 1e22}) {
    EXPECT_EQ(std::strtod(yaml_float(x).c_str(), nullptr), x);
    EXPECT_NE(yaml_float(x).find('.'), std::string::npos);
  }
}

TEST(Config, TextThatLooksLikeSomethingElse) {
  for (const std::string text :
       {"true",      "5",    "1e5", "",   " x", "a: b",   "# c", "- d", "~",      "\"q\"", "a\nb", "a\n b\n", "\n",
        "tab\there", "null", "é",   "*x", "{",  "x: |\n", "'",   "\\",  "a\r\nb", "%",     "@x",   "0x1f"}) {
    Outer o;
    o.text = text;
    EXPECT_EQ(read(to_yaml(write_value(o))).text, text) << to_yaml(write_value(o));
  }
}

TEST(Settings, DefaultsThenFileThenSet) {
  Directory d;
  write_file(d / "e.yaml", "review:\n  rate: 1\n  tokens: 5\nothers:\n  unread: 1\n");
  const Args args = Args::parse("review", {"--set", "review.rate=2.5", "--set=agents.coder.n_layers=9"}, {});
  Outer review;
  Inner coder;
  ToolSettings settings(args, d / "e.yaml");
  settings.read("review", review);
  settings.read("agents.coder", coder);
  EXPECT_FALSE(settings.finish());
  EXPECT_EQ(review.rate, 2.5);
  EXPECT_EQ(review.tokens, 5);
  EXPECT_EQ(coder.n_layers, 9);
}

TEST(Settings, Refusals) {
  Directory d;
  auto finish = [&](std::vector<std::string> words) {
    return message_of([&] {
      const Args args = Args::parse("review", words, {});
      Outer review;
      ToolSettings settings(args, d / "none.yaml");
      settings.read("review", review);
      settings.finish();
    });
  };
  EXPECT_EQ(finish({"--set", "reveiw.rate=2"}),
            "cannot set 'reveiw.rate': this tool reads review (did you mean 'review'?)");
  EXPECT_EQ(finish({"--set", "review.raet=2"}), "cannot read '" + (d / "none.yaml").native() +
                                                    "': unknown key 'review.raet' (did you mean 'review.rate'?)");
  EXPECT_NE(finish({"--config", "none"}).find("cannot read 'none'"), std::string::npos);
  EXPECT_EQ(message_of([] {
              refuse_frozen(Args::parse("review", {"--set", "rules.top=3"}, {}));
            }).substr(0, 25),
            "cannot set 'rules.top': r");
}
